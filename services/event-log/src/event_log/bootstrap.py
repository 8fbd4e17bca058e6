"""Builds what each process of event-log needs; the only module that knows concrete classes."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer
from fastapi import FastAPI

from event_log.adapters.events.handlers import TOPICS, put_down
from event_log.adapters.events.journal import OutboxJournal
from event_log.adapters.files.high_water import HighWaterFile
from event_log.adapters.files.keys import KeyFileError, create_keys, load_signer, load_verifier
from event_log.adapters.files.packs import FolderSink, ZipShelf, pack_extras
from event_log.adapters.http import routes_events, routes_exports
from event_log.adapters.http.dependencies import Means
from event_log.adapters.postgres.background import (
    completeness_report,
    watch_completeness,
    work_exports,
)
from event_log.adapters.postgres.exports import PostgresExportQueue
from event_log.adapters.postgres.sealed_log import PostgresSealedLog
from event_log.adapters.postgres.sealer import Sealer, SealerSettings
from event_log.adapters.postgres.unit import LogUnitOfWork
from event_log.application.build_export import build_export
from event_log.application.sign_checkpoints import sign_checkpoints
from event_log.application.work_exports import ExportWorker
from event_log.domain.notes import Checkpoint
from event_log.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, service_authenticator
from matricula_chassis.clock import Clock, SystemClock
from matricula_chassis.db.engine import Database, open_database
from matricula_chassis.db.migrate import require_applied
from matricula_chassis.http import (
    Authenticator,
    HealthRegistry,
    ProblemCatalogue,
    create_app,
    cursor_key,
)
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.messaging import Consumer
from matricula_chassis.runtime import (
    Commands,
    Process,
    ReplayOrder,
    read_settings,
    run_command,
    service_app,
)
from matricula_chassis.runtime.consuming import consumer_process, replay_dead_letters
from matricula_chassis.runtime.relaying import relay_process
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_contracts import asyncapi
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract

MIGRATIONS: Final = "event_log.migrations"
ROUTERS: Final = (routes_events.router, routes_exports.router)
_SOURCE: Final = "/services/event-log"
_SERVICE: Final = "event-log"

log = structlog.get_logger()

OpenUnit = Callable[[ActionContext], LogUnitOfWork]


def make_app(health: HealthRegistry, authenticate: Authenticator | None = None) -> FastAPI:
    """Return the application; without means it serves only to describe itself."""
    return create_app(
        service=_SERVICE,
        title="Matricula event-log",
        version=version(_SERVICE),
        description="The sealed copy of every event and decision: search, prove, export.",
        routers=ROUTERS,
        problems=ProblemCatalogue.from_document(problems_contract.DOCUMENT),
        health=health,
        authenticate=authenticate,
    )


def unit_opener(database: Database, *, clock: Clock, ids: IdSource) -> OpenUnit:
    """Return what opens the log's units of work on a database."""

    def open_unit(context: ActionContext) -> LogUnitOfWork:
        return LogUnitOfWork(
            database,
            clock=clock,
            ids=ids,
            source=_SOURCE,
            context=context,
            make_journal=lambda record, acting: OutboxJournal(record, actor=acting.actor, ids=ids),
        )

    return open_unit


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Process]:
    """Build the HTTP process, which also builds exports in the background."""
    clock, ids = SystemClock(), SystemIds()
    policy = Policy.from_document(policy_contract.DOCUMENT)
    async with (
        _database(settings, "serve") as database,
        service_authenticator(settings, service=_SERVICE, policy=policy, clock=clock) as guard,
    ):
        health = HealthRegistry()
        health.register("postgres", database.check)
        health.register("schema", partial(require_applied, settings.database_url, MIGRATIONS))
        shelf = ZipShelf(settings.exports_path)
        app = make_app(health, guard)
        secret = settings.cursor_secret.get_secret_value().encode() or secrets.token_bytes(32)
        app.state.means = Means(
            open_unit=unit_opener(database, clock=clock, ids=ids),
            clock=clock,
            ids=ids,
            cursor_key=cursor_key(secret, listing="events"),
            pack_path=shelf.path_of,
        )
        worker = ExportWorker(
            queue=PostgresExportQueue(database),
            log=PostgresSealedLog(database),
            shelf=shelf,
            extras=partial(_extras, settings),
            clock=clock,
            keep_for=timedelta(hours=settings.export_keep_hours),
        )
        yield Process(health=health, app=app, workers={"exports": partial(work_exports, worker)})


@asynccontextmanager
async def consume(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that puts down every event of every topic."""
    async with _database(settings, "consume") as database:
        yield consumer_process(database, consumer=_consumer(settings, database))


def _consumer(settings: Settings, database: Database) -> Consumer:
    clock = SystemClock()
    return Consumer(
        name=settings.consumer_group,
        topics=TOPICS,
        uow_factory=unit_opener(database, clock=clock, ids=SystemIds()),
        kafka_bootstrap=settings.kafka_bootstrap,
        clock=clock,
        batch_handler=put_down(clock),
        # An event that cannot be put down must not hold back others: the log keeps no state per
        # key.
        ordering="none",
    )


@asynccontextmanager
async def seal(settings: Settings) -> AsyncIterator[Process]:
    """Build the process that seals and signs, and that looks for missing sequence numbers."""
    clock, ids = SystemClock(), SystemIds()
    beside = settings.verifier_key_path if settings.create_signing_key else None
    try:
        signer = load_signer(
            settings.signing_key_path, origin=settings.origin, create_beside=beside
        )
    except KeyFileError as error:
        raise BadConfiguration([SettingFault("EVENT_LOG_SIGNING_KEY_PATH", error.reason)]) from None
    high_water = HighWaterFile(settings.high_water_path, key=signer.verifier())
    async with _database(settings, "seal") as database:
        open_unit = unit_opener(database, clock=clock, ids=ids)

        async def sign() -> Checkpoint | None:
            context = ActionContext.system(_SERVICE, str(ids.uuid7()))
            return await sign_checkpoints(
                open_unit(context), signer=signer, high_water=high_water, now=clock.now()
            )

        sealer = Sealer(
            settings.database_url.get_secret_value(),
            sign=sign,
            settings=SealerSettings(batch=settings.seal_batch),
        )
        health = HealthRegistry()
        health.register("postgres", database.check)
        yield Process(
            health=health,
            workers={
                "sealer": sealer.run,
                "completeness": partial(watch_completeness, database, clock),
            },
            watchdogs=[sealer.watchdog],
        )


relay = partial(relay_process, service=_SERVICE)


async def replay(settings: Settings, order: ReplayOrder) -> int:
    """Apply dead letters again, with who and why on record."""
    async with _database(settings, "replay") as database:
        return await replay_dead_letters(
            [_consumer(settings, database)],
            order,
            service=_SERVICE,
            clock=SystemClock(),
            ids=SystemIds(),
        )


async def create_key(settings: Settings) -> int:
    """Make the log's signing key and its public half; refuses to overwrite one."""
    try:
        key = create_keys(
            settings.signing_key_path, settings.verifier_key_path, origin=settings.origin
        )
    except KeyFileError as error:
        log.warning("key.not_created", reason=error.reason)
        return 1
    log.info("key.created", origin=key.name, verifier=key.text())
    return 0


def service_commands() -> typer.Typer:
    """Return the commands that need the service's settings; `__main__` adds `verify`."""
    app = service_app(
        _SERVICE,
        settings=Settings,
        commands=Commands(
            serve=serve,
            consume=consume,
            relay=relay,
            migrations=MIGRATIONS,
            replay=replay,
            openapi=lambda: make_app(HealthRegistry()).openapi(),
            asyncapi=lambda: asyncapi.document(_SERVICE),
            processes={"seal": seal},
            once={"create-key": create_key},
        ),
    )

    @app.command(help="Write the log, with the verifier, into an empty folder.")
    def export(
        out: Annotated[Path, typer.Option(help="Folder to write into; made if absent.")],
        size: Annotated[
            int | None, typer.Option(min=0, help="As of this signed size; the newest by default.")
        ] = None,
    ) -> None:
        _print_result(lambda settings: export_folder(settings, out, size=size), command="export")

    @app.command(help="List the sequence numbers that never arrived; 1 when there are any.")
    def completeness(
        limit: Annotated[int, typer.Option(min=1, help="List at most so many runs.")] = 100,
    ) -> None:
        _print_result(lambda settings: list_gaps(settings, limit=limit), command="completeness")

    return app


def _print_result(work: Callable[[Settings], Awaitable[dict[str, Any]]], *, command: str) -> None:
    async def main(settings: Settings) -> int:
        result = await work(settings)
        typer.echo(json.dumps(result, indent=2))
        return 0 if result.get("complete", True) else 1

    code = run_command(main, read_settings(Settings), command=command, version=version(_SERVICE))
    raise typer.Exit(code)


async def export_folder(settings: Settings, folder: Path, *, size: int | None) -> dict[str, Any]:
    """Write the log as of its newest (or a given) signed size into a folder."""
    async with _database(settings, "export") as database:
        sealed = PostgresSealedLog(database)
        chosen = await sealed.newest_size() if size is None else size
        if chosen is None:
            raise LookupError("no checkpoint was signed yet")
        await sealed.note(chosen)  # before anything is written: a size that was never signed
        await build_export(
            sealed,
            FolderSink(folder),
            size=chosen,
            extras=_extras(settings),
            progress=lambda _written: None,
        )
    return {"size": chosen}


async def list_gaps(settings: Settings, *, limit: int) -> dict[str, Any]:
    """Examine what is left to examine, then tell which sequence numbers never arrived."""
    async with _database(settings, "completeness") as database:
        return await completeness_report(database, SystemClock(), limit=limit)


def _database(settings: Settings, command: str) -> AbstractAsyncContextManager[Database]:
    return open_database(settings.database_url, name=f"{_SERVICE}-{command}")


def _extras(settings: Settings) -> Mapping[str, bytes]:
    return pack_extras(load_verifier(settings.verifier_key_path).text())
