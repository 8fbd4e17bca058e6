"""Builds what each process of learner-api needs; the only module that knows concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

import httpx
from fastapi import FastAPI

from learner_api.adapters.clients.consent_registry import ConsentRegistryClient
from learner_api.adapters.clients.event_log import EventLogClient
from learner_api.adapters.files.submission import open_submission
from learner_api.adapters.http import (
    routes_internal,
    routes_learners,
    routes_records,
    routes_submissions,
    routes_uploads,
)
from learner_api.adapters.http.dependencies import Means
from learner_api.adapters.intake.worker import IntakeWorker
from learner_api.adapters.postgres.key_store import KeyStore
from learner_api.adapters.postgres.person_blocks import SearchIndexes
from learner_api.adapters.postgres.work import LearnerWork
from learner_api.adapters.storage.uploads import UploadStore
from learner_api.application.check_submission import CheckSubmission
from learner_api.application.erase_expired import EraseExpired
from learner_api.application.go_live import GoLive
from learner_api.application.receive_upload import ReceiveUpload
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.record_file import Limits
from learner_api.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import (
    Policy,
    ServiceTokenSource,
    issuer_client,
    service_authenticator,
)
from matricula_chassis.clock import Clock, SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db import migrate
from matricula_chassis.db.engine import Database
from matricula_chassis.db.upkeep import expire_idempotency_keys
from matricula_chassis.http import HealthRegistry, ProblemCatalogue, create_app
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.messaging import Relay
from matricula_chassis.messaging.outbox_upkeep import clean_up_outbox
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.runtime import Process
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract

MIGRATIONS = "learner_api.migrations"
KEY_MIGRATIONS = "learner_api.key_migrations"
ROUTERS = (
    routes_learners.router,
    routes_submissions.router,
    routes_records.router,
    routes_uploads.router,
    routes_internal.router,
)
_INDEX_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Parts:
    """What every process of the service shares."""

    settings: Settings
    database: Database
    keys_database: Database
    keys: KeyStore
    indexes: SearchIndexes
    uploads: UploadStore
    writer: LearnerWriter
    clock: Clock
    ids: IdSource

    def work(self, context: ActionContext) -> LearnerWork:
        """Return a new unit of work."""
        return LearnerWork(
            self.database,
            clock=self.clock,
            ids=self.ids,
            context=context,
            keys=self.keys,
            indexes=self.indexes,
        )


@asynccontextmanager
async def parts(settings: Settings, *, command: str) -> AsyncIterator[Parts]:
    """Open the databases and read the keys; close the databases at the end."""
    clock = SystemClock()
    ids = SystemIds()
    async with AsyncExitStack() as stack:
        database = Database.from_url(
            settings.database_url.get_secret_value(), application_name=f"learner-api-{command}"
        )
        stack.push_async_callback(database.dispose)
        keys_database = Database.from_url(
            settings.keys_database_url.get_secret_value(),
            application_name=f"learner-api-{command}-keys",
        )
        stack.push_async_callback(keys_database.dispose)
        keys = KeyStore(keys_database, kek=FileKeyEncryptionKey(settings.key_file), clock=clock)
        limits = Limits(
            max_bytes=settings.upload_limit_bytes, max_expanded_bytes=settings.upload_limit_bytes
        )
        yield Parts(
            settings=settings,
            database=database,
            keys_database=keys_database,
            keys=keys,
            indexes=SearchIndexes(_root_key(settings)),
            uploads=UploadStore(
                settings.upload_directory, keys=keys, read_records=open_submission, limits=limits
            ),
            writer=LearnerWriter(
                clock=clock, ids=ids, target_working_days=settings.entry_target_working_days
            ),
            clock=clock,
            ids=ids,
        )


def make_app(health: HealthRegistry, authenticate: object = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service="learner-api",
        title="Matricula learner-api",
        version=version("learner-api"),
        description="Learner records: keyed in one by one, pushed in bulk, verified by people.",
        routers=ROUTERS,
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Process]:
    """Build the HTTP process."""
    policy = Policy.from_document(policy_contract.DOCUMENT)
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(parts(settings, command="serve"))
        authenticator = await stack.enter_async_context(
            service_authenticator(
                service="learner-api",
                policy=policy,
                clock=made.clock,
                gateway_jwks_url=settings.gateway_jwks_url,
                internal_issuer=settings.internal_issuer,
                oidc_issuer=settings.oidc_issuer,
            )
        )
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("keys", made.keys_database.check)
        health.register("schema", lambda: _require_schema(settings))
        app = make_app(health, authenticator)
        app.state.means = Means(
            work=made.work,
            uploads=made.uploads,
            receive=ReceiveUpload(
                work=made.work,
                uploads=made.uploads,
                clock=made.clock,
                ids=made.ids,
                limit_bytes=settings.upload_limit_bytes,
            ),
            writer=made.writer,
            indexes=made.indexes,
            policy=policy,
            clock=made.clock,
            ids=made.ids,
            cursor_secret=_root_key(settings),
        )
        yield Process(health=health, app=app)


@asynccontextmanager
async def intake(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks submissions and takes verified records live."""
    async with (
        parts(settings, command="intake") as made,
        issuer_client() as issuer,
        httpx.AsyncClient(
            base_url=settings.consent_registry_url, timeout=httpx.Timeout(5.0), http2=False
        ) as client,
    ):
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("keys", made.keys_database.check)
        watchdog = ProgressWatchdog("intake", limit_seconds=settings.stall_seconds)
        consent = ConsentRegistryClient(client, _token_source(settings, issuer, made.clock))
        worker = IntakeWorker(
            made.database,
            work=made.work,
            check=CheckSubmission(
                work=made.work,
                uploads=made.uploads,
                consent=consent,
                indexes=made.indexes,
                clock=made.clock,
                ids=made.ids,
            ),
            go_live=GoLive(
                work=made.work,
                consent=consent,
                writer=made.writer,
                clock=made.clock,
                ids=made.ids,
            ),
            clock=made.clock,
            parallel=settings.intake_parallel,
            on_progress=watchdog.advanced,
        )
        yield Process(health=health, workers={"intake": worker.run}, watchdogs=[watchdog])


@asynccontextmanager
async def relay(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that publishes the outbox."""
    if settings.database_relay_url is None:
        raise BadConfiguration([SettingFault("LEARNER_API_DATABASE_RELAY_URL", "is missing")])
    one = Relay(
        settings.database_relay_url.get_secret_value(),
        settings.kafka_bootstrap,
        service="learner-api",
        clock=SystemClock(),
    )
    yield Process(health=HealthRegistry(), workers={"relay": one.run})


async def erase_expired(settings: Settings) -> int:
    """Erase raw uploads and staged records whose period is over."""
    async with parts(settings, command="erase") as made:
        erase = EraseExpired(
            work=made.work,
            uploads=made.uploads,
            clock=made.clock,
            raw_upload_days=settings.raw_upload_days,
            staged_record_days=settings.staged_record_days,
            rejected_record_days=settings.rejected_record_days,
        )
        await erase(ActionContext.system("learner-api", str(made.ids.uuid7())))
    return 0


async def clean_up(settings: Settings) -> int:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    if settings.database_relay_url is None:
        raise BadConfiguration([SettingFault("LEARNER_API_DATABASE_RELAY_URL", "is missing")])
    clock = SystemClock()
    async with (
        issuer_client() as issuer,
        httpx.AsyncClient(base_url=settings.event_log_url, timeout=httpx.Timeout(10.0)) as client,
    ):
        log = EventLogClient(client, _token_source(settings, issuer, clock))
        await clean_up_outbox(
            settings.database_relay_url.get_secret_value(), log.sealed, clock=clock
        )
    async with parts(settings, command="clean-up") as made:
        await expire_idempotency_keys(made.database, clock=clock)
    return 0


async def migrate_keys(settings: Settings) -> int:
    """Bring the database of the data keys to the newest revision, as its owner."""
    if settings.keys_database_owner_url is None:
        raise BadConfiguration([SettingFault("LEARNER_API_KEYS_DATABASE_OWNER_URL", "is missing")])
    await migrate.upgrade(settings.keys_database_owner_url.get_secret_value(), KEY_MIGRATIONS)
    return 0


async def _require_schema(settings: Settings) -> None:
    state = await migrate.check(settings.database_url.get_secret_value(), MIGRATIONS)
    if state.pending:
        raise RuntimeError("the database schema is older than this release needs")


def _token_source(
    settings: Settings, client: httpx.AsyncClient, clock: Clock
) -> ServiceTokenSource:
    if settings.client_id is None or settings.client_secret is None:
        raise BadConfiguration([SettingFault("LEARNER_API_CLIENT_SECRET", "is missing")])
    return ServiceTokenSource(
        issuer=settings.oidc_issuer,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        client=client,
        clock=clock,
    )


def _root_key(settings: Settings) -> bytes:
    try:
        key = bytes.fromhex(settings.index_key.get_secret_value())
    except ValueError:
        key = b""
    if len(key) != _INDEX_KEY_BYTES:
        raise BadConfiguration(
            [SettingFault("LEARNER_API_INDEX_KEY", "is not 64 hexadecimal digits")]
        )
    return key
