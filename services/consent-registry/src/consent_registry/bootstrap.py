"""Builds what each process of consent-registry needs; only this module knows concrete classes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI

from consent_registry.adapters.events.handlers import HANDLERS
from consent_registry.adapters.http.routes import Means, router
from consent_registry.adapters.postgres.work import RegistryWork
from consent_registry.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, service_authenticator
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.engine import Database, open_database
from matricula_chassis.db.migrate import require_applied
from matricula_chassis.http import Authenticator, HealthRegistry, ProblemCatalogue, create_app
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer
from matricula_chassis.messaging.clean_up import clean_up_tables
from matricula_chassis.runtime import Process, ReplayOrder
from matricula_chassis.runtime.consuming import consumer_process, replay_dead_letters
from matricula_chassis.runtime.relaying import relay_process
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract
from matricula_contracts.topics import topics_consumed_by

SERVICE = "consent-registry"
MIGRATIONS = "consent_registry.migrations"
WorkMaker = Callable[[ActionContext], RegistryWork]


def work_maker(database: Database) -> WorkMaker:
    """Return what makes units of work on a database."""
    clock, ids = SystemClock(), SystemIds()
    return lambda context: RegistryWork(database, clock=clock, ids=ids, context=context)


def make_app(health: HealthRegistry, authenticate: Authenticator | None = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service=SERVICE,
        title="Matricula consent-registry",
        version=version(SERVICE),
        description="Sharing agreements, lawful bases, and the decisions drawn from them.",
        routers=[router],
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,
    )


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Process]:
    """Build the HTTP process."""
    clock, policy = SystemClock(), Policy.from_document(policy_contract.DOCUMENT)
    async with (
        open_database(settings.database_url, name=f"{SERVICE}-serve") as database,
        service_authenticator(settings, service=SERVICE, policy=policy, clock=clock) as guard,
    ):
        health = HealthRegistry()
        health.register("postgres", database.check)
        health.register("schema", partial(require_applied, settings.database_url, MIGRATIONS))
        app = make_app(health, guard)
        app.state.means = Means(
            work=work_maker(database),
            clock=clock,
            ids=SystemIds(),
            cursor_secret=settings.cursor_secret.get_secret_value().encode(),
        )
        yield Process(health=health, app=app)


def consumer_of(settings: Settings, database: Database) -> Consumer:
    """Return the consumer of the service."""
    return Consumer(
        name=SERVICE,
        topics=topics_consumed_by(SERVICE),
        handlers=HANDLERS,
        uow_factory=work_maker(database),
        kafka_bootstrap=settings.kafka_bootstrap,
        clock=SystemClock(),
    )


@asynccontextmanager
async def consume(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that notes the use of agreements."""
    async with open_database(settings.database_url, name=f"{SERVICE}-consume") as database:
        yield consumer_process(database, consume=consumer_of(settings, database))


relay = partial(relay_process, service=SERVICE)


async def replay(settings: Settings, order: ReplayOrder) -> int:
    """Apply dead letters again."""
    async with open_database(settings.database_url, name=f"{SERVICE}-replay") as database:
        return await replay_dead_letters(
            [consumer_of(settings, database)],
            order,
            service=SERVICE,
            clock=SystemClock(),
            ids=SystemIds(),
        )


async def clean_up(settings: Settings) -> None:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    await clean_up_tables(
        settings,
        service=SERVICE,
        event_log_url=settings.event_log_url,
        clock=SystemClock(),
        consumers=[SERVICE],
    )
