"""Builds what each process of ilr-validator needs; the only module that knows concrete classes."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Final

import httpx
import typer
from fastapi import FastAPI

from ilr_validator.adapters.checking.checks import FileChecks
from ilr_validator.adapters.checking.learner_thread import LearnerThread
from ilr_validator.adapters.checking.thread import CheckingThread
from ilr_validator.adapters.clients.learner_api import LearnerApiClient
from ilr_validator.adapters.events.handlers import (
    SERVICE,
    SHARD_GROUP,
    VALIDATION_GROUP,
    job_consumer,
    shard_jobs,
    validation_jobs,
)
from ilr_validator.adapters.events.learner_handlers import GROUP, consumer_of_learners
from ilr_validator.adapters.http import (
    routes_findings,
    routes_learners,
    routes_rules,
    routes_validations,
)
from ilr_validator.adapters.http.dependencies import Means
from ilr_validator.adapters.postgres.work import ValidatorWork
from ilr_validator.adapters.reference.snapshot import Snapshot, load_snapshot
from ilr_validator.adapters.storage.keys import DataKeys, ReferenceIndex
from ilr_validator.adapters.storage.scratch import Scratch
from ilr_validator.adapters.storage.vault import Vault
from ilr_validator.application.erase_expired import EraseExpired
from ilr_validator.application.learner_ports import LearnerRecords
from ilr_validator.application.receive_validation import ReceiveValidation
from ilr_validator.application.track_findings import TrackFindings
from ilr_validator.application.work_validation import CheckShard, MergeValidation, PrepareValidation
from ilr_validator.packs.calendar import open_years
from ilr_validator.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, service_authenticator, service_token_source
from matricula_chassis.clock import Clock, SystemClock, london_date
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database, open_database
from matricula_chassis.db.migrate import require_applied
from matricula_chassis.http import Authenticator, HealthRegistry, ProblemCatalogue, create_app
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.messaging import Consumer
from matricula_chassis.messaging.clean_up import clean_up_tables
from matricula_chassis.runtime import Commands, Process, ReplayOrder, service_app
from matricula_chassis.runtime.consuming import consumer_process, replay_dead_letters
from matricula_chassis.runtime.relaying import relay_process
from matricula_contracts import asyncapi
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract
from matricula_contracts.fields import person_names

MIGRATIONS: Final = "ilr_validator.migrations"
ROUTERS: Final = (
    routes_validations.router,
    routes_findings.router,
    routes_learners.router,
    routes_rules.router,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every process of the service shares."""

    settings: Settings
    database: Database
    vault: Vault
    index: ReferenceIndex
    reference: Snapshot
    learners: LearnerThread
    root_key: bytes
    clock: Clock
    ids: IdSource

    def work(self, context: ActionContext) -> ValidatorWork:
        """Return a new unit of work."""
        return ValidatorWork(self.database, clock=self.clock, ids=self.ids, context=context)

    def checks(self, name: str) -> CheckingThread:
        """Return a thread that checks files."""
        settings = self.settings
        scratch = Scratch(settings.scratch_directory, otherwise=settings.storage_directory)
        scratch.sweep()
        checks = FileChecks(
            vault=self.vault,
            scratch=scratch,
            index=self.index,
            reference=self.reference,
            new_id=self.ids.uuid7,
            application_version=version(SERVICE),
            largest=settings.file_limit_bytes,
            part_learners=settings.part_learners,
        )
        return CheckingThread(checks, name=name)


@asynccontextmanager
async def parts(settings: Settings, *, command: str) -> AsyncIterator[Parts]:
    """Open the database, read keys and reference data; close the database at the end."""
    settings.storage_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_key = settings.root_key()
    reference = Snapshot()
    if settings.reference_directory is not None:
        reference = load_snapshot(settings.reference_directory)
    data_keys = DataKeys(FileKeyEncryptionKey(settings.key_file))
    vault = Vault(settings.storage_directory, data_keys, limit_bytes=settings.file_limit_bytes)
    learners = LearnerThread(reference, name="learners")
    async with open_database(settings.database_url, name=f"{SERVICE}-{command}") as database:
        try:
            yield Parts(
                settings=settings,
                database=database,
                vault=vault,
                index=ReferenceIndex(root_key),
                reference=reference,
                learners=learners,
                root_key=root_key,
                clock=SystemClock(),
                ids=SystemIds(),
            )
        finally:
            learners.close()


def make_app(health: HealthRegistry, authenticate: Authenticator | None = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service=SERVICE,
        title="Matricula ilr-validator",
        version=version(SERVICE),
        description="ILR files checked by every official rule of their year: findings and reports.",
        routers=ROUTERS,
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,
    )


def means_of(made: Parts, policy: Policy) -> Means:
    """Return what the endpoints use."""
    return Means(
        work=made.work,
        learner_work=made.work,
        checks=made.learners,
        vault=made.vault,
        receive=ReceiveValidation(
            work=made.work,
            files=made.vault,
            clock=made.clock,
            ids=made.ids,
            secret=made.root_key,
            reference_digest=made.reference.digest,
        ),
        index=made.index,
        policy=policy,
        clock=made.clock,
        ids=made.ids,
        cursor_secret=made.root_key,
    )


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Process]:
    """Build the HTTP process."""
    policy = Policy.from_document(policy_contract.DOCUMENT)
    async with (
        parts(settings, command="serve") as made,
        service_authenticator(settings, service=SERVICE, policy=policy, clock=made.clock) as guard,
    ):
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("schema", partial(require_applied, settings.database_url, MIGRATIONS))
        app = make_app(health, guard)
        app.state.means = means_of(made, policy)
        now = made.clock.now()
        await made.learners.warm_up(open_years(london_date(now)), now)
        gc.collect()
        gc.freeze()  # what stands now stands until the end: collections need not look at it
        yield Process(health=health, app=app)


@asynccontextmanager
async def workers_of(made: Parts) -> AsyncIterator[tuple[Consumer, Consumer]]:
    """Make the consumers of whole files and of parts with a thread each; end these afterwards.

    There are two, so that small files do not wait for large ones.
    """
    whole, single = made.checks("validations"), made.checks("shards")
    prepare = PrepareValidation(work=made.work, checks=whole, clock=made.clock)
    merge = MergeValidation(work=made.work, checks=whole, clock=made.clock)
    check = CheckShard(work=made.work, checks=single, clock=made.clock)
    kafka = made.settings.kafka_bootstrap
    consumer = partial(job_consumer, work=made.work, kafka=kafka, clock=made.clock)
    try:
        await whole.warm_up()
        yield consumer(validation_jobs(prepare, merge)), consumer(shard_jobs(check))
    finally:
        whole.close()
        single.close()


@asynccontextmanager
async def work(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks files; as many as there are processors may run."""
    async with (
        parts(settings, command="work") as made,
        workers_of(made) as (validations, shards),
    ):
        yield consumer_process(made.database, validations=validations, shards=shards)


@asynccontextmanager
async def learner_consumer_of(made: Parts) -> AsyncIterator[Consumer]:
    """Make the consumer of learners' events, with its connection to learner-api."""
    address, patience = made.settings.learner_api_url, httpx.Timeout(10.0)
    async with (
        service_token_source(made.settings, clock=made.clock) as tokens,
        httpx.AsyncClient(base_url=address, timeout=patience) as client,
    ):
        yield learner_consumer(made, LearnerApiClient(client, tokens))


def learner_consumer(made: Parts, records: LearnerRecords) -> Consumer:
    """Return the consumer of learners' events that reads learners there."""
    track = TrackFindings(records=records, checks=made.learners, work=made.work, clock=made.clock)
    kafka = made.settings.kafka_bootstrap
    return consumer_of_learners(track, work=made.work, kafka=kafka, clock=made.clock)


@asynccontextmanager
async def consume(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks learners when they change."""
    async with parts(settings, command="consume") as made, learner_consumer_of(made) as learners:
        yield consumer_process(made.database, learners=learners)


relay = partial(relay_process, service=SERVICE)


async def replay(settings: Settings, order: ReplayOrder) -> int:
    """Apply dead letters again."""
    async with (
        parts(settings, command="replay") as made,
        workers_of(made) as workers,
        learner_consumer_of(made) as learners,
    ):
        return await replay_dead_letters(
            [*workers, learners], order, service=SERVICE, clock=made.clock, ids=made.ids
        )


async def erase_expired(settings: Settings) -> None:
    """Erase files, findings and reports whose period is over."""
    async with parts(settings, command="erase") as made:
        erase = EraseExpired(
            work=made.work, files=made.vault, clock=made.clock, keep_days=settings.keep_days
        )
        await erase(ActionContext.system(SERVICE, str(made.ids.uuid7())))


async def clean_up(settings: Settings) -> None:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    await clean_up_tables(
        settings,
        service=SERVICE,
        event_log_url=settings.event_log_url,
        clock=SystemClock(),
        consumers=(SHARD_GROUP, VALIDATION_GROUP, GROUP),
    )


def service_commands() -> typer.Typer:
    """Return the commands that need the service's settings; `__main__` adds the others."""
    return service_app(
        SERVICE,
        settings=Settings,
        commands=Commands(
            serve=serve,
            consume=consume,
            relay=relay,
            migrations=MIGRATIONS,
            replay=replay,
            openapi=lambda: make_app(HealthRegistry()).openapi(),
            asyncapi=lambda: asyncapi.document(SERVICE),
            forbidden_log_keys=person_names(),
            processes={"work": work},
            once={"erase-expired": erase_expired, "clean-up": clean_up},
        ),
    )
