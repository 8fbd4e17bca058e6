"""The command line of a service: the same commands everywhere, as far as the service has them.

serve | consume | relay | migrate | replay | openapi | asyncapi, and the service's own.
Exit codes: 0 clean, 1 failure or watchdog, 2 bad configuration or usage.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Generic, NoReturn
from uuid import UUID

import typer

from matricula_chassis.runtime.process import (
    ProcessFactory,
    SettingsT,
    read_settings,
    run_command,
    run_process,
)
from matricula_chassis.runtime.supervision import EXIT_CLEAN, EXIT_FAILURE


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """Which dead letters to apply again; None means every one. `key` is an event key."""

    consumer: str | None = None
    key: str | None = None
    event_id: UUID | None = None
    limit: int = 1_000


Document = Callable[[], Mapping[str, Any]]
Replay = Callable[[SettingsT, ReplayOrder], Awaitable[int | None]]


# No slots: Commands[Settings](…) sets an attribute that frozen slotted dataclasses choke on.
@dataclass(frozen=True)
class Commands(Generic[SettingsT]):
    """What a service can do. A command that is None does not appear.

    `migrations` is the package of the migrations; `openapi` and `asyncapi` make their documents
    without settings; `processes` are further long-lived commands, by name.
    """

    serve: ProcessFactory[SettingsT] | None = None
    consume: ProcessFactory[SettingsT] | None = None
    relay: ProcessFactory[SettingsT] | None = None
    migrations: str | None = None
    replay: Replay[SettingsT] | None = None
    openapi: Document | None = None
    asyncapi: Document | None = None
    processes: Mapping[str, ProcessFactory[SettingsT]] = field(default_factory=dict)
    once: Mapping[str, Callable[[SettingsT], Awaitable[int | None]]] = field(default_factory=dict)
    """Finite commands without arguments, by name; the first line of their docstring is the help."""
    forbidden_log_keys: Collection[str] = ()
    """Names of the service's personal fields: log keys that are masked whatever they hold."""


class _Runner(Generic[SettingsT]):
    """Runs what a command stands for, with the service's settings, and ends with its exit code."""

    def __init__(
        self, name: str, settings: Callable[[], SettingsT], forbidden_log_keys: Collection[str]
    ) -> None:
        self._settings = settings
        self._release = _release(name)
        self._forbidden_log_keys = forbidden_log_keys

    def process(self, command: str, factory: ProcessFactory[SettingsT]) -> NoReturn:
        code = run_process(
            factory,
            read_settings(self._settings),
            command=command,
            version=self._release,
            forbidden_log_keys=self._forbidden_log_keys,
        )
        raise typer.Exit(code)

    def once(self, command: str, main: Callable[[SettingsT], Awaitable[int | None]]) -> NoReturn:
        code = run_command(
            main,
            read_settings(self._settings),
            command=command,
            version=self._release,
            forbidden_log_keys=self._forbidden_log_keys,
        )
        raise typer.Exit(code)


def service_app(
    name: str, *, settings: Callable[[], SettingsT], commands: Commands[SettingsT]
) -> typer.Typer:
    """Return the command line of a service; `name` is its distribution.

    The service may add commands with arguments of its own to what is returned.
    """
    app = typer.Typer(
        name=name, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_describe(name))
    runner = _Runner(name, settings, commands.forbidden_log_keys)
    long_lived = {
        "serve": commands.serve,
        "consume": commands.consume,
        "relay": commands.relay,
        **commands.processes,
    }
    for command, factory in long_lived.items():
        if factory is not None:
            _add_process(app, command, factory, runner=runner)
    for command, main in commands.once.items():
        _add_once(app, command, main, runner=runner)
    if commands.migrations is not None:
        _add_migrate(app, commands.migrations, runner=runner)
    if commands.replay is not None:
        _add_replay(app, commands.replay, runner=runner)
    for command, document in (("openapi", commands.openapi), ("asyncapi", commands.asyncapi)):
        if document is not None:
            _add_document(app, command, document)
    return app


def _describe(name: str) -> Callable[[], None]:
    def describe() -> None:
        return

    describe.__doc__ = f"Run {name}. Every setting is an environment variable."
    return describe


def _release(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "0"


def _add_process(
    app: typer.Typer,
    command: str,
    factory: ProcessFactory[SettingsT],
    *,
    runner: _Runner[SettingsT],
) -> None:
    def run() -> None:
        runner.process(command, factory)

    app.command(command, help=f"Run the {command} process until SIGTERM.")(run)


def _add_once(
    app: typer.Typer,
    command: str,
    main: Callable[[SettingsT], Awaitable[int | None]],
    *,
    runner: _Runner[SettingsT],
) -> None:
    def run() -> None:
        runner.once(command, main)

    app.command(command, help=(main.__doc__ or command).strip().splitlines()[0])(run)


def _add_migrate(app: typer.Typer, package: str, *, runner: _Runner[SettingsT]) -> None:
    def run(
        *,
        to: Annotated[str, typer.Option(help="Revision to go up to.")] = "head",
        down_to: Annotated[
            str | None, typer.Option(help="Revision to go back to instead; `base` undoes all.")
        ] = None,
        check: Annotated[
            bool, typer.Option("--check", help="Change nothing; fail when revisions are pending.")
        ] = False,
    ) -> None:
        # Alembic costs every other process a third of its start-up time.
        from matricula_chassis.db import migrate  # noqa: PLC0415

        async def main(values: SettingsT) -> int:
            url = values.required("database_owner_url")
            if check:
                state = await migrate.check(url, package)
                for revision in state.pending:
                    typer.echo(f"pending {revision}")
                return EXIT_FAILURE if state.pending else EXIT_CLEAN
            if down_to is not None:
                await migrate.downgrade(url, package, revision=down_to)
            else:
                await migrate.upgrade(url, package, revision=to)
            return EXIT_CLEAN

        runner.once("migrate", main)

    app.command("migrate", help="Bring the database to a revision, as its owner.")(run)


def _add_replay(
    app: typer.Typer,
    replay: Replay[SettingsT],
    *,
    runner: _Runner[SettingsT],
) -> None:
    def run(
        *,
        consumer: Annotated[str | None, typer.Option(help="Only of this consumer.")] = None,
        key: Annotated[str | None, typer.Option(help="Only of this event key.")] = None,
        event_id: Annotated[
            UUID | None, typer.Option(help="Only this event, and those that wait for it.")
        ] = None,
        limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1_000,
    ) -> None:
        order = ReplayOrder(consumer=consumer, key=key, event_id=event_id, limit=limit)

        async def main(values: SettingsT) -> int | None:
            return await replay(values, order)

        runner.once("replay", main)

    app.command("replay", help="Apply dead letters again, in their order.")(run)


def _add_document(app: typer.Typer, command: str, document: Document) -> None:
    def run(
        output: Annotated[
            Path | None, typer.Option(help="Write here instead of standard output.")
        ] = None,
    ) -> None:
        text = json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        if output is None:
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")

    app.command(command, help=f"Print the {command} document; needs no settings.")(run)
