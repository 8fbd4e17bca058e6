"""The command `matricula`: start, watch and stop the platform on this computer.

Prints for people; all work is done by the modules it calls.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from matricula_chassis.db.migrate import new_revision
from matricula_localstack import logfiles, postgres
from matricula_localstack.dead_letters import unresolved
from matricula_localstack.demo.command import run_demo
from matricula_localstack.faults import LocalStackError, exit_code_of
from matricula_localstack.jars import resolve_lock
from matricula_localstack.kafka import ensure_jars, lock_path
from matricula_localstack.paths import cache_from, home_from
from matricula_localstack.stack import Stack
from matricula_localstack.state import Status, UnitState
from matricula_localstack.surroundings import plan_for, platform_from
from matricula_localstack.topology import SERVICES, Service, service_named

_READY_SECONDS: Final = 120
_ATTEMPTS: Final = 5
_FOLLOW_SECONDS: Final = 0.3
_SHOWN: Final = frozenset({Status.READY, Status.DONE, Status.BACKING_OFF})

ServiceName = Annotated[str, typer.Argument(help="A service such as learner-api.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(soft_wrap=True, highlight=False)


@app.command()
def up() -> None:
    """Start everything that is not running and wait until it is ready."""
    began = time.monotonic()
    stack = Stack(home_from(os.environ))

    def report(unit: UnitState) -> None:
        if unit.status in _SHOWN:
            why = f": {unit.reason}" if unit.reason else ""
            line = f"{time.monotonic() - began:6.1f} s  {unit.status:<12} {unit.name}{why}"
            console.print(line, markup=False)

    try:
        platform = platform_from(stack.home, os.environ)
        if not stack.start(plan_for(platform)):
            console.print("The stack is running already; changed settings need `make down` first.")
        stack.wait_ready(seconds=_READY_SECONDS, report=report, attempts=_ATTEMPTS)
    except LocalStackError as error:
        console.print(f"Not ready: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    console.print(f"Ready after {time.monotonic() - began:.1f} s.")
    console.print(f"  gateway  http://127.0.0.1:{platform.ports['gateway']}")
    console.print(f"  issuer   {platform.addresses['OIDC_ISSUER']}")
    console.print(f"  logs     {stack.home.logs}")


@app.command()
def down() -> None:
    """Stop everything in order; data stays."""
    try:
        was_running = Stack(home_from(os.environ)).stop()
    except LocalStackError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None
    console.print("Stopped." if was_running else "Nothing was running.")


@app.command()
def status() -> None:
    """Show every process; exit code 0 only when all are ready."""
    stack = Stack(home_from(os.environ))
    state = stack.state()
    if state is None or not stack.is_running():
        console.print("Not running.")
        raise typer.Exit(1)
    print(f"{'process':<26}{'state':<13}{'pid':>8}  {'ports':<12}{'restarts':>8}{'for':>9}")
    for unit in state.units:
        pid = str(unit.identity.pid) if unit.identity else ""
        ports = " ".join(str(port) for port in unit.ports)
        age = f"{time.time() - unit.since:.0f} s"
        why = f"  {unit.reason}" if unit.reason else ""
        print(
            f"{unit.name:<26}{unit.status:<13}{pid:>8}  {ports:<12}{unit.restarts:>8}{age:>9}{why}"
        )
    if not state.is_ready:
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="One process; all when left out.")] = "",
    *,
    lines: Annotated[int, typer.Option(help="How many lines of each log to show.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the end of the logs."""
    folder = home_from(os.environ).logs
    paths = [logfiles.log_path(folder, name)] if name else list(logfiles.logs_in(folder))
    if not any(path.exists() for path in paths):
        console.print(f"There is no log of {name or 'any process'} in {folder}.", markup=False)
        raise typer.Exit(1)
    positions = {path: path.stat().st_size if path.exists() else 0 for path in paths}
    for path in paths:
        for line in logfiles.last_lines(path, lines):
            print(f"{path.stem:<25} {line}")
    while follow:
        for path in paths:
            fresh, positions[path] = logfiles.new_lines(path, positions[path])
            for line in fresh:
                print(f"{path.stem:<25} {line}", flush=True)
        time.sleep(_FOLLOW_SECONDS)


@app.command()
def demo(
    *,
    file: Annotated[
        Path | None, typer.Option(help="An ILR file of your own; a sample when left out.")
    ] = None,
) -> None:
    """Send a file through the whole platform and check every step; exit code 0 when all hold."""
    if file is not None and not file.is_file():
        console.print(f"There is no file {file}.", style="red", markup=False)
        raise typer.Exit(2)
    if not run_demo(file, console=console):
        raise typer.Exit(1)


@app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_command(context: typer.Context, service: ServiceName) -> None:
    """Run a service's own command with the environment of the stack: `run event-log migrate`.

    The exit code is the command's.
    """
    known = _service(service)
    platform = platform_from(home_from(os.environ), os.environ)
    environment = {**os.environ, **platform.environment(known)}
    environment.pop("DATABASE_URL", None)
    environment.setdefault(f"{known.prefix}PORT", str(platform.ports[service]))
    command = [sys.executable, "-m", known.module, *context.args]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)


@app.command("dead-letters")
def dead_letters(
    service: ServiceName,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List what a service could not handle, the oldest first."""
    platform = platform_from(home_from(os.environ), os.environ)
    databases = list(_service(service).databases.values())
    if not databases:
        console.print(f"{service} has no database and no dead letters.", markup=False)
        return
    letters = asyncio.run(unresolved(platform.database(databases[0]).app, limit=limit))
    for letter in letters:
        when = letter.created_at.isoformat(timespec="seconds")
        print(
            f"{letter.id:>8}  {when}  {letter.reason:<24} {letter.consumer}  {letter.topic}"
            f"  {letter.type}  {letter.event_id}"
        )
    console.print(f"{len(letters)} unresolved dead letters.")


@app.command("new-migration")
def new_migration(
    service: ServiceName, message: Annotated[str, typer.Argument(help="What it does.")]
) -> None:
    """Write an empty migration of a service and print its path."""
    print(new_revision(f"{_service(service).module}.migrations", message))


@app.command()
def fetch() -> None:
    """Download what the stack needs beyond Python packages, and compare it with the lock."""
    raise typer.Exit(exit_code_of(lambda: ensure_jars(cache_from(os.environ))))


@app.command()
def clean() -> None:
    """Stop everything and delete the databases that lie outside of the stack's own folder."""
    home = home_from(os.environ)
    Stack(home).stop()
    postgres.remove(home)


@app.command("lock-jars")
def lock_jars() -> None:
    """Resolve the broker's jars anew and write their lock (part of `make lock`)."""
    lock: Path = lock_path()
    resolve_lock(lock.with_name("jgo.toml"), lock, scratch=cache_from(os.environ) / "lock")


def _service(name: str) -> Service:
    try:
        return service_named(name)
    except KeyError:
        known = ", ".join(service.name for service in SERVICES)
        console.print(f"There is no service {name}; there are {known}.", markup=False)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
