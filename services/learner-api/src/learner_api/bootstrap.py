"""Builds what each process of learner-api needs; the only module that knows concrete classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import httpx
from fastapi import FastAPI

from learner_api.adapters.clients.consent_registry import ConsentRegistryClient
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
from matricula_chassis.auth import Policy, service_authenticator, service_token_source
from matricula_chassis.clock import Clock, SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database, open_database
from matricula_chassis.db.migrate import require_applied, upgrade
from matricula_chassis.http import Authenticator, HealthRegistry, ProblemCatalogue, create_app
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.messaging.clean_up import clean_up_tables
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.runtime import Process
from matricula_chassis.runtime.relaying import relay_process
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract

SERVICE = "learner-api"
MIGRATIONS = "learner_api.migrations"
KEY_MIGRATIONS = "learner_api.key_migrations"
ROUTERS = (
    routes_learners.router,
    routes_submissions.router,
    routes_records.router,
    routes_uploads.router,
    routes_internal.router,
)


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
    clock, ids = SystemClock(), SystemIds()
    name, most = f"{SERVICE}-{command}", settings.upload_limit_bytes
    limits = Limits(max_bytes=most, max_expanded_bytes=most)
    async with (
        open_database(settings.database_url, name=name) as database,
        open_database(settings.keys_database_url, name=f"{name}-keys") as keys_database,
    ):
        keys = KeyStore(keys_database, kek=FileKeyEncryptionKey(settings.key_file), clock=clock)
        yield Parts(
            settings=settings,
            database=database,
            keys_database=keys_database,
            keys=keys,
            indexes=SearchIndexes(settings.root_key()),
            uploads=UploadStore(
                settings.upload_directory, keys=keys, read_records=open_submission, limits=limits
            ),
            writer=LearnerWriter(
                clock=clock, ids=ids, target_working_days=settings.entry_target_working_days
            ),
            clock=clock,
            ids=ids,
        )


def make_app(health: HealthRegistry, authenticate: Authenticator | None = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service=SERVICE,
        title="Matricula learner-api",
        version=version(SERVICE),
        description="Learner records: keyed in one by one, pushed in bulk, verified by people.",
        routers=ROUTERS,
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,
    )


def means_of(made: Parts, policy: Policy) -> Means:
    """Return what the endpoints use."""
    return Means(
        work=made.work,
        uploads=made.uploads,
        receive=ReceiveUpload(
            work=made.work,
            uploads=made.uploads,
            clock=made.clock,
            ids=made.ids,
            limit_bytes=made.settings.upload_limit_bytes,
        ),
        writer=made.writer,
        indexes=made.indexes,
        policy=policy,
        clock=made.clock,
        ids=made.ids,
        cursor_secret=made.settings.root_key(),
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
        health.register("keys", made.keys_database.check)
        health.register("schema", partial(require_applied, settings.database_url, MIGRATIONS))
        app = make_app(health, guard)
        app.state.means = means_of(made, policy)
        yield Process(health=health, app=app)


@asynccontextmanager
async def intake(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that checks submissions and takes verified records live."""
    async with (
        parts(settings, command="intake") as made,
        service_token_source(settings, clock=made.clock) as tokens,
        httpx.AsyncClient(
            base_url=settings.consent_registry_url, timeout=httpx.Timeout(5.0), http2=False
        ) as client,
    ):
        health = HealthRegistry()
        health.register("postgres", made.database.check)
        health.register("keys", made.keys_database.check)
        watchdog = ProgressWatchdog("intake", limit_seconds=settings.stall_seconds)
        consent = ConsentRegistryClient(client, tokens)
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


relay = partial(relay_process, service=SERVICE)


async def erase_expired(settings: Settings) -> None:
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
        await erase(ActionContext.system(SERVICE, str(made.ids.uuid7())))


async def clean_up(settings: Settings) -> None:
    """Delete what has served its time: sealed events, old idempotency keys and the like."""
    await clean_up_tables(
        settings,
        service=SERVICE,
        event_log_url=settings.event_log_url,
        clock=SystemClock(),
    )


async def migrate_keys(settings: Settings) -> None:
    """Bring the database of the data keys to the newest revision, as its owner."""
    await upgrade(settings.required("keys_database_owner_url"), KEY_MIGRATIONS)
