"""Builds what each process of ilr-validator needs; the only module that knows concrete classes."""
# lint-skip: file-size every process of the service is put together here, and nowhere else

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Final

import httpx
import typer
from fastapi import FastAPI

from ilr_validator.adapters.checking.checks import FileChecks
from ilr_validator.adapters.checking.learner_thread import LearnerThread
from ilr_validator.adapters.checking.thread import CheckingThread
from ilr_validator.adapters.clients.event_log import EventLogClient
from ilr_validator.adapters.clients.learner_api import LearnerApiClient
from ilr_validator.adapters.events.handlers import (
    SERVICE,
    SHARD_TOPICS,
    VALIDATION_TOPICS,
    JobHandlers,
    shard_jobs,
    validation_jobs,
)
from ilr_validator.adapters.events.learner_handlers import GROUP, TOPICS, LearnerHandlers
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
from ilr_validator.application.work_validation import (
    CheckShard,
    MergeValidation,
    PrepareValidation,
)
from ilr_validator.packs.calendar import open_years
from ilr_validator.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import (
    Policy,
    ServiceTokenSource,
    issuer_client,
    service_authenticator,
)
from matricula_chassis.clock import Clock, SystemClock, london_date
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db import migrate
from matricula_chassis.db.engine import Database
from matricula_chassis.db.upkeep import delete_resolved_dead_letters, expire_idempotency_keys
from matricula_chassis.http import (
    Authenticator,
    Caller,
    HealthRegistry,
    ProblemCatalogue,
    create_app,
)
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.messaging import Consumer, ConsumerSettings, Relay, Replay, Selection
from matricula_chassis.messaging.inbox import clean_up_inbox
from matricula_chassis.messaging.outbox_upkeep import clean_up_outbox
from matricula_chassis.runtime import Commands, Process, ReplayOrder, service_app
from matricula_chassis.settings import BadConfiguration, SettingFault
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
SHARD_GROUP: Final = f"{SERVICE}-shards"
VALIDATION_GROUP: Final = f"{SERVICE}-validations"
DEAD_LETTERS_FOR: Final = timedelta(days=90)
INBOX_FOR: Final = timedelta(days=60)
"""Longer than the retention of the topics (30 days) and the inbox window."""
LONGEST_JOB_SECONDS: Final = 900.0
WORK_SETTINGS: Final = ConsumerSettings(
    max_batch=1, poll=0.1, max_poll_interval=LONGEST_JOB_SECONDS, stall_limit=LONGEST_JOB_SECONDS
)
"""One job at a time: a part that was checked is stored before the next is begun."""
LEARNER_SETTINGS: Final = ConsumerSettings(max_batch=200, stall_limit=300.0)
"""So many learners are read and checked, then kept together."""


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
    learners = LearnerThread(reference, name="learners")
    database = Database.from_url(
        settings.database_url.get_secret_value(), application_name=f"{SERVICE}-{command}"
    )
    try:
        yield Parts(
            settings=settings,
            database=database,
            vault=Vault(
                settings.storage_directory,
                DataKeys(FileKeyEncryptionKey(settings.key_file)),
                limit_bytes=settings.file_limit_bytes,
            ),
            index=ReferenceIndex(root_key),
            reference=reference,
            learners=learners,
            root_key=root_key,
            clock=SystemClock(),
            ids=SystemIds(),
        )
    finally:
        learners.close()
        await database.dispose()


def make_app(health: HealthRegistry, authenticate: Authenticator[Caller] | None = None) -> FastAPI:
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
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(parts(settings, command="serve"))
        authenticator = await stack.enter_async_context(
            service_authenticator(
                service=SERVICE,
                policy=policy,
                clock=made.clock,
                gateway_jwks_url=settings.gateway_jwks_url,
                internal_issuer=settings.internal_issuer,
                oidc_issuer=settings.oidc_issuer,
            )
        )
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("schema", partial(_require_schema, settings))
        app = make_app(health, authenticator)
        app.state.means = means_of(made, policy)
        now = made.clock.now()
        await made.learners.warm_up(open_years(london_date(now)), now)
        yield Process(health=health, app=app)


@dataclass(frozen=True, slots=True)
class Workers:
    """The two consumers of a process that checks files; small files do not wait for large ones."""

    validations: Consumer
    shards: Consumer

    def named(self, name: str | None) -> list[Consumer]:
        """Return the consumers of this name; both of them without one."""
        return [one for one in (self.validations, self.shards) if name in {None, one.name}]


@asynccontextmanager
async def workers_of(made: Parts) -> AsyncIterator[Workers]:
    """Make the consumers with a thread each; end the threads afterwards."""
    whole, single = made.checks("validations"), made.checks("shards")
    try:
        await whole.warm_up()
        yield Workers(
            _consumer(
                made,
                VALIDATION_GROUP,
                VALIDATION_TOPICS,
                validation_jobs(
                    PrepareValidation(work=made.work, checks=whole, clock=made.clock),
                    MergeValidation(work=made.work, checks=whole, clock=made.clock),
                ),
            ),
            _consumer(
                made,
                SHARD_GROUP,
                SHARD_TOPICS,
                shard_jobs(CheckShard(work=made.work, checks=single, clock=made.clock)),
            ),
        )
    finally:
        whole.close()
        single.close()


def _consumer(made: Parts, group: str, topics: tuple[str, ...], jobs: JobHandlers) -> Consumer:
    return Consumer(
        name=group,
        topics=topics,
        uow_factory=made.work,
        kafka_bootstrap=made.settings.kafka_bootstrap,
        clock=made.clock,
        handlers=jobs.by_type,
        work_ahead=jobs.work_ahead,
        settings=WORK_SETTINGS,
    )


@asynccontextmanager
async def work(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks files; as many as there are processors may run."""
    async with parts(settings, command="work") as made, workers_of(made) as workers:
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("validations", workers.validations.check)
        health.register("shards", workers.shards.check)
        yield Process(
            health=health,
            workers={"validations": workers.validations.run, "shards": workers.shards.run},
        )


@asynccontextmanager
async def learner_consumer_of(made: Parts) -> AsyncIterator[Consumer]:
    """Make the consumer of learners' events, with its connection to learner-api."""
    address, patience = made.settings.learner_api_url, httpx.Timeout(10.0)
    async with (
        issuer_client() as issuer,
        httpx.AsyncClient(base_url=address, timeout=patience) as client,
    ):
        tokens = _token_source(made.settings, issuer, made.clock)
        yield learner_consumer(made, LearnerApiClient(client, tokens))


def learner_consumer(made: Parts, records: LearnerRecords) -> Consumer:
    """Return the consumer of learners' events that reads learners there."""
    track = TrackFindings(records=records, checks=made.learners, work=made.work, clock=made.clock)
    handlers = LearnerHandlers(track)
    return Consumer(
        name=GROUP,
        topics=TOPICS,
        uow_factory=made.work,
        kafka_bootstrap=made.settings.kafka_bootstrap,
        clock=made.clock,
        batch_handler=handlers.handle,
        work_ahead=handlers.work_ahead,
        settings=LEARNER_SETTINGS,
    )


@asynccontextmanager
async def consume(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks learners when they change."""
    async with parts(settings, command="consume") as made, learner_consumer_of(made) as learners:
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("learners", learners.check)
        yield Process(health=health, workers={"learners": learners.run})


@asynccontextmanager
async def relay(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that publishes the outbox."""
    one = Relay(
        settings.relay_url(), settings.kafka_bootstrap, service=SERVICE, clock=SystemClock()
    )
    yield Process(health=HealthRegistry(), workers={"relay": one.run})


async def replay(settings: Settings, order: ReplayOrder) -> int:
    """Apply dead letters again."""
    failed = 0
    async with (
        parts(settings, command="replay") as made,
        workers_of(made) as workers,
        learner_consumer_of(made) as learners,
    ):
        of_learners = [learners] if order.consumer in {None, learners.name} else []
        for consumer in [*workers.named(order.consumer), *of_learners]:
            report = await Replay(consumer.subscription, clock=made.clock).run(
                Selection(key=order.key, limit=order.limit),
                context=ActionContext.system(SERVICE, str(made.ids.uuid7())),
                reason="operator_replay",
            )
            failed += report.failed
    return 1 if failed else 0


async def erase_expired(settings: Settings) -> int:
    """Erase files, findings and reports whose period is over."""
    async with parts(settings, command="erase") as made:
        erase = EraseExpired(
            work=made.work, files=made.vault, clock=made.clock, keep_days=settings.keep_days
        )
        await erase(ActionContext.system(SERVICE, str(made.ids.uuid7())))
    return 0


async def clean_up(settings: Settings) -> int:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    url, clock = settings.relay_url(), SystemClock()
    async with (
        issuer_client() as issuer,
        httpx.AsyncClient(base_url=settings.event_log_url, timeout=httpx.Timeout(10.0)) as client,
    ):
        log = EventLogClient(client, _token_source(settings, issuer, clock))
        await clean_up_outbox(url, log.sealed, clock=clock)
    async with parts(settings, command="clean-up") as made:
        await expire_idempotency_keys(made.database, clock=clock)
        await delete_resolved_dead_letters(made.database, clock=clock, older_than=DEAD_LETTERS_FOR)
        for group in (SHARD_GROUP, VALIDATION_GROUP, GROUP):
            await clean_up_inbox(made.database, group, clock=clock, older_than=INBOX_FOR)
    return 0


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


async def _require_schema(settings: Settings) -> None:
    state = await migrate.check(settings.database_url.get_secret_value(), MIGRATIONS)
    if state.pending:
        raise RuntimeError("the database schema is older than this release needs")


def _token_source(
    settings: Settings, client: httpx.AsyncClient, clock: Clock
) -> ServiceTokenSource:
    if settings.client_id is None or settings.client_secret is None:
        raise BadConfiguration([SettingFault("ILR_VALIDATOR_CLIENT_SECRET", "is missing")])
    return ServiceTokenSource(
        issuer=settings.oidc_issuer,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        client=client,
        clock=clock,
    )
