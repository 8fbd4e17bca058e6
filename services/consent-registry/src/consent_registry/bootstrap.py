"""Builds what each process of consent-registry needs; only this module knows concrete classes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

import httpx
from fastapi import FastAPI

from consent_registry.adapters.clients.event_log import EventLogClient
from consent_registry.adapters.events.handlers import HANDLERS
from consent_registry.adapters.http.routes import Means, router
from consent_registry.adapters.postgres.work import RegistryWork
from consent_registry.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import (
    Policy,
    ServiceTokenSource,
    issuer_client,
    service_authenticator,
)
from matricula_chassis.clock import Clock, SystemClock
from matricula_chassis.db import migrate
from matricula_chassis.db.engine import Database
from matricula_chassis.db.upkeep import delete_resolved_dead_letters, expire_idempotency_keys
from matricula_chassis.http import HealthRegistry, ProblemCatalogue, create_app
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer, Relay, Replay, Selection
from matricula_chassis.messaging.inbox import clean_up_inbox
from matricula_chassis.messaging.outbox_upkeep import clean_up_outbox
from matricula_chassis.runtime import Process, ReplayOrder
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract
from matricula_contracts.topics import topics_consumed_by

SERVICE = "consent-registry"
MIGRATIONS = "consent_registry.migrations"
DEAD_LETTERS_FOR = timedelta(days=90)
INBOX_FOR = timedelta(days=60)
"""Longer than the retention of the topics (30 days) and the inbox window."""
WorkMaker = Callable[[ActionContext], RegistryWork]


@asynccontextmanager
async def database(settings: Settings, *, command: str) -> AsyncIterator[Database]:
    """Open the service's database as its application role; close it at the end."""
    one = Database.from_url(
        settings.database_url.get_secret_value(), application_name=f"{SERVICE}-{command}"
    )
    try:
        yield one
    finally:
        await one.dispose()


def work_maker(one: Database) -> WorkMaker:
    """Return what makes units of work on a database."""
    clock, ids = SystemClock(), SystemIds()
    return lambda context: RegistryWork(one, clock=clock, ids=ids, context=context)


def make_app(health: HealthRegistry, authenticate: object = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service=SERVICE,
        title="Matricula consent-registry",
        version=version(SERVICE),
        description="Sharing agreements, lawful bases, and the decisions drawn from them.",
        routers=[router],
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Process]:
    """Build the HTTP process."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(database(settings, command="serve"))
        authenticator = await stack.enter_async_context(
            service_authenticator(
                service=SERVICE,
                policy=Policy.from_document(policy_contract.DOCUMENT),
                clock=clock,
                gateway_jwks_url=settings.gateway_jwks_url,
                internal_issuer=settings.internal_issuer,
                oidc_issuer=settings.oidc_issuer,
            )
        )
        health = HealthRegistry()
        health.register("postgres", one.check)
        health.register("schema", lambda: _require_schema(settings))
        app = make_app(health, authenticator)
        app.state.means = Means(
            work=work_maker(one),
            clock=clock,
            ids=SystemIds(),
            cursor_secret=settings.cursor_secret.get_secret_value().encode(),
        )
        yield Process(health=health, app=app)


def consumer_of(settings: Settings, one: Database) -> Consumer:
    """Return the consumer of the service."""
    return Consumer(
        name=SERVICE,
        topics=topics_consumed_by(SERVICE),
        handlers=HANDLERS,
        uow_factory=work_maker(one),
        kafka_bootstrap=settings.kafka_bootstrap,
        clock=SystemClock(),
    )


@asynccontextmanager
async def consume(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that notes the use of agreements."""
    async with database(settings, command="consume") as one:
        health = HealthRegistry()
        health.register("postgres", one.check)
        yield Process(health=health, workers={"consume": consumer_of(settings, one).run})


@asynccontextmanager
async def relay(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that publishes the outbox."""
    if settings.database_relay_url is None:
        raise BadConfiguration([SettingFault("CONSENT_REGISTRY_DATABASE_RELAY_URL", "is missing")])
    one = Relay(
        settings.database_relay_url.get_secret_value(),
        settings.kafka_bootstrap,
        service=SERVICE,
        clock=SystemClock(),
    )
    yield Process(health=HealthRegistry(), workers={"relay": one.run})


async def clean_up(settings: Settings) -> int:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    if settings.database_relay_url is None:
        raise BadConfiguration([SettingFault("CONSENT_REGISTRY_DATABASE_RELAY_URL", "is missing")])
    clock = SystemClock()
    async with (
        issuer_client() as issuer,
        httpx.AsyncClient(base_url=settings.event_log_url, timeout=httpx.Timeout(10.0)) as client,
    ):
        log = EventLogClient(client, _token_source(settings, issuer, clock))
        await clean_up_outbox(
            settings.database_relay_url.get_secret_value(), log.sealed, clock=clock
        )
    async with database(settings, command="clean-up") as one:
        await expire_idempotency_keys(one, clock=clock)
        await delete_resolved_dead_letters(one, clock=clock, older_than=DEAD_LETTERS_FOR)
        await clean_up_inbox(one, SERVICE, clock=clock, older_than=INBOX_FOR)
    return 0


async def replay(settings: Settings, order: ReplayOrder) -> int:
    """Apply dead letters again."""
    async with database(settings, command="replay") as one:
        report = await Replay(consumer_of(settings, one).subscription, clock=SystemClock()).run(
            Selection(key=order.key, limit=order.limit),
            context=ActionContext.system(SERVICE, str(SystemIds().uuid7())),
            reason="operator_replay",
        )
    return 1 if report.failed else 0


async def _require_schema(settings: Settings) -> None:
    state = await migrate.check(settings.database_url.get_secret_value(), MIGRATIONS)
    if state.pending:
        raise RuntimeError("the database schema is older than this release needs")


def _token_source(
    settings: Settings, client: httpx.AsyncClient, clock: Clock
) -> ServiceTokenSource:
    if settings.client_id is None or settings.client_secret is None:
        raise BadConfiguration([SettingFault("CONSENT_REGISTRY_CLIENT_SECRET", "is missing")])
    return ServiceTokenSource(
        issuer=settings.oidc_issuer,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        client=client,
        clock=clock,
    )
