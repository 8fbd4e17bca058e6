"""Real servers for a test run: one PostgreSQL and one Kafka, shared by all its workers.

`DATABASE_URL` and `KAFKA_BOOTSTRAP` name existing servers; otherwise each is started by the first
test that asks for it and stopped when the run ends, also when the run is killed.
"""

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

from matricula_localstack import postgres
from matricula_localstack.paths import Home, home_from
from matricula_localstack.ports import free_ports
from matricula_localstack.provision import (
    DatabaseUrls,
    administrator,
    drop_database,
    ensure_database,
    ensure_roles,
    urls_for,
)
from matricula_localstack.secret_files import SecretFiles
from matricula_localstack.stack import Stack
from matricula_localstack.state import Identity, this_process
from matricula_localstack.units import Unit, plan

RUN_VARIABLE: Final = "MATRICULA_TEST_RUN"
OWNER_VARIABLE: Final = "MATRICULA_TEST_OWNER"
_PREFIX: Final = "matricula-test-"
_READY_SECONDS: Final = 120
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running PostgreSQL. `stack` is None when it was named by DATABASE_URL."""

    admin_url: str
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """A running Kafka. `stack` is None when it was named by KAFKA_BOOTSTRAP."""

    bootstrap: str
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class TestRun:
    """What all workers of one test run share: a folder, made and removed by its first process."""

    __test__ = False

    folder: Path
    owner: int

    @classmethod
    def begin(cls) -> "TestRun":
        """Make the folder of a new run and tell the workers of it through the environment."""
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        own = this_process()
        (folder / "owner.json").write_text(json.dumps([own.pid, own.started]), encoding="utf-8")
        folder.chmod(0o711)  # PostgreSQL may run as another account and must pass through
        os.environ[RUN_VARIABLE] = str(folder)
        os.environ[OWNER_VARIABLE] = str(os.getpid())
        return cls(folder, os.getpid())

    @classmethod
    def current(cls) -> "TestRun":
        """Return the run this worker belongs to (KeyError outside of one)."""
        return cls(Path(os.environ[RUN_VARIABLE]), int(os.environ[OWNER_VARIABLE]))

    @property
    def token(self) -> str:
        """Letters and digits that tell this run's databases from those of others."""
        return "".join(c for c in self.folder.name.rpartition("-")[2].lower() if c.isalnum())

    def end(self) -> None:
        """Stop the servers of this run and remove everything it made."""
        _remove(self.folder)
        os.environ.pop(RUN_VARIABLE, None)
        os.environ.pop(OWNER_VARIABLE, None)

    def home(self, name: str) -> Home:
        """Return the folder of one server."""
        return Home(self.folder / name)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let one worker at a time pass."""
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def postgres_for(run: TestRun) -> PostgresServer:
    """Return the run's PostgreSQL, starting it when this is the first call of any worker."""
    if named := os.environ.get("DATABASE_URL"):
        return PostgresServer(named)
    home = run.home("postgres")
    stack = Stack(home)
    with run.alone("postgres"):
        if not stack.is_running():
            home.create()
            (port,) = free_ports(1)
            unit = Unit(
                name="postgres",
                purpose="the database of a test run",
                command=(
                    *_module("matricula_localstack.postgres"),
                    f"--home={home.root}",
                    f"--port={port}",
                    "--no-fsync",
                ),
                ports=(port,),
                ready=f"postgres://127.0.0.1:{port}",
                stop_signal=int(signal.SIGINT),
            )
            stack.start(plan([unit], owner_pid=run.owner))
        state = stack.wait_ready(seconds=_READY_SECONDS)
    (port,) = state.unit("postgres").ports
    return PostgresServer(postgres.administrator_url(home, port=port), stack)


def kafka_for(run: TestRun) -> KafkaServer:
    """Return the run's Kafka, starting it when this is the first call of any worker."""
    if named := os.environ.get("KAFKA_BOOTSTRAP"):
        return KafkaServer(named)
    home = run.home("kafka")
    stack = Stack(home)
    with run.alone("kafka"):
        if not stack.is_running():
            home.create()
            port, controller = free_ports(2)
            unit = Unit(
                name="kafka",
                purpose="the broker of a test run",
                command=(
                    *_module("matricula_localstack.kafka"),
                    f"--home={home.root}",
                    f"--port={port}",
                    f"--controller-port={controller}",
                ),
                ports=(port, controller),
                ready=f"kafka://127.0.0.1:{port}",
            )
            stack.start(plan([unit], owner_pid=run.owner))
        state = stack.wait_ready(seconds=_READY_SECONDS)
    return KafkaServer(f"127.0.0.1:{state.unit('kafka').ports[0]}", stack)


@dataclass(slots=True)
class DatabaseFactory:
    """Makes databases for tests: migrated once per run and package, then cloned."""

    server: PostgresServer
    run: TestRun
    _made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(
        self, package: str, *, migrations: str | None = None, service: str | None = None
    ) -> DatabaseUrls:
        """Return a fresh database of a service: `make_database("learner_api")`.

        `migrations` is the package of its migrations, `service` the prefix of its roles. Safe to
        call from a coroutine; it blocks for some tens of milliseconds.
        """
        service = service or package
        migrations = migrations or f"{package}.migrations"
        template = f"mt_{self.run.token}_{service}_template"
        with self.run.alone(f"database-{migrations}"):
            done = self.run.folder / f"{template}.{migrations}.done"
            if not done.exists():
                _in_thread(lambda: self._migrated_template(template, migrations, service))
                done.touch()
        name = f"mt_{self.run.token}_{service}_{os.getpid()}_{next(self._numbers)}"
        _in_thread(lambda: self._create(name, service=service, template=template))
        return self._urls(name, service)

    def empty(self, service: str) -> DatabaseUrls:
        """Return a fresh database without tables; the roles are `<service>_owner` and so on."""
        name = f"mt_{self.run.token}_{service}_{os.getpid()}_{next(self._numbers)}"
        _in_thread(lambda: self._create(name, service=service, template="template0"))
        return self._urls(name, service)

    def drop(self, urls: DatabaseUrls) -> None:
        """Drop a database before the end of the run, together with its connections."""
        _in_thread(lambda: self._drop([urls.name]))

    def close(self) -> None:
        """Drop what this worker made on a server that outlives the run."""
        if self.server.stack is None and self._made:
            _in_thread(lambda: self._drop(list(self._made)))

    def drop_templates(self) -> None:
        """Drop the run's templates on a server that outlives the run; for its last process."""
        if self.server.stack is None:
            _in_thread(lambda: self._drop_all(f"mt_{self.run.token}_"))

    async def _migrated_template(self, name: str, migrations: str, service: str) -> None:
        await self._create(name, service=service, template="template0")
        migrate = import_module("matricula_chassis.db.migrate")
        await migrate.upgrade(self._urls(name, service).owner, migrations)

    async def _create(self, name: str, *, service: str, template: str) -> None:
        async with administrator(self.server.admin_url) as connection:
            await ensure_roles(connection, service, passwords=_passwords)
            await ensure_database(connection, name, service=service, template=template)
        self._made.append(name)

    async def _drop(self, names: list[str]) -> None:
        async with administrator(self.server.admin_url) as connection:
            for name in names:
                await drop_database(connection, name)

    async def _drop_all(self, prefix: str) -> None:
        async with administrator(self.server.admin_url) as connection:
            listed = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)"
            for row in await connection.fetch(listed, prefix):
                await drop_database(connection, row["datname"])

    def _urls(self, name: str, service: str) -> DatabaseUrls:
        return urls_for(self.server.admin_url, name, service=service, passwords=_passwords)


def _remove(folder: Path) -> None:
    for name in ("postgres", "kafka"):
        home = Home(folder / name)
        if home.root.exists():
            Stack(home).stop()
            if name == "postgres":
                postgres.remove(home)
    shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what killed runs of this account left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            pid, started = json.loads((folder / "owner.json").read_text(encoding="utf-8"))
            is_left = folder.stat().st_uid == os.geteuid()
        except (OSError, ValueError):
            continue  # not ours, or removed by another run at this moment
        if is_left and Identity(pid, started).process() is None:
            _remove(folder)


def _passwords(role: str) -> str:
    """Roles belong to a whole server, so a test run uses the passwords of this checkout's stack."""
    return SecretFiles(home_from(os.environ).secrets).password(role)


def _module(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", name


def _in_thread(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, whether or not the caller is inside an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()
