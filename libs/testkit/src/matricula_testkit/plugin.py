"""The pytest plugin of every test run: shared servers, and guards that no test may step over.

Registers fixtures only; how the servers start is told in `servers`.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from inspect import iscoroutinefunction
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from matricula_testkit.servers import (
    RUN_VARIABLE,
    DatabaseFactory,
    KafkaServer,
    PostgresServer,
    TestRun,
    kafka_for,
    postgres_for,
)

_GRACE_SECONDS: Final = 10.0
_LOOPBACK: Final = ("127.", "::1", "localhost")


class OutsideConnectionError(Exception):
    """A test tried to leave this computer."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run in its first process and close the way out of this computer."""
    if not hasattr(config, "workerinput"):
        config.stash[_RUN] = TestRun.begin()
    _close_the_way_out()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers of the run and drop what it left on named ones."""
    run = config.stash.get(_RUN, None)
    if run is None:
        return
    if (named := os.environ.get("DATABASE_URL")) and any(run.folder.glob("*.done")):
        DatabaseFactory(PostgresServer(named), run).drop_templates()
    run.end()


_RUN: Final = pytest.StashKey[TestRun]()


@pytest.fixture(scope="session")
def test_run() -> TestRun:
    """Return the run that all workers share."""
    assert RUN_VARIABLE in os.environ
    return TestRun.current()


@pytest.fixture(scope="session")
def postgres_server(test_run: TestRun) -> PostgresServer:
    """Return a running PostgreSQL: DATABASE_URL's, or one of this run with fsync off."""
    return postgres_for(test_run)


@pytest.fixture(scope="session")
def kafka_server(test_run: TestRun) -> KafkaServer:
    """Return a running Kafka: KAFKA_BOOTSTRAP's, or one of this run."""
    return kafka_for(test_run)


@pytest.fixture(scope="session")
def make_database(postgres_server: PostgresServer, test_run: TestRun) -> Iterator[DatabaseFactory]:
    """Return a factory of migrated databases: `make_database("learner_api").app`."""
    factory = DatabaseFactory(postgres_server, test_run)
    yield factory
    factory.close()


@pytest.fixture(autouse=True)
def _no_task_is_left_behind(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves a task running."""
    if iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_watched_tasks")


@pytest_asyncio.fixture
async def _watched_tasks(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _done, left = await asyncio.wait(left, timeout=_GRACE_SECONDS)
    for task in left:
        task.cancel()
    if left:
        names = sorted(f"{task.get_name()}: {task.get_coro()!r}" for task in left)
        pytest.fail(f"{request.node.name} left tasks running:\n" + "\n".join(names))


def _close_the_way_out() -> None:
    """Let sockets connect to loopback and to the servers that the environment names, no further."""
    allowed = {
        urlsplit(os.environ.get("DATABASE_URL", "")).hostname,
        *(one.rpartition(":")[0] for one in os.environ.get("KAFKA_BOOTSTRAP", "").split(",")),
        urlsplit(os.environ.get("OIDC_ISSUER", "")).hostname,
    }
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)
        if not hasattr(original, "_is_guard"):
            setattr(socket.socket, name, _guarded(original, frozenset(filter(None, allowed))))


def _guarded(original: Any, allowed: frozenset[str]) -> Any:
    addresses = {str(found[4][0]) for host in allowed for found in _addresses(host)}

    def connect(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else None  # None: a Unix socket
        is_local = host is None or str(host).startswith(_LOOPBACK)
        if not is_local and host not in allowed | addresses:
            raise OutsideConnectionError("a test tried to connect beyond this computer")
        return original(self, address)

    connect._is_guard = True  # type: ignore[attr-defined]  # noqa: SLF001 - our own mark
    return connect


def _addresses(host: str) -> list[Any]:
    try:
        return list(socket.getaddrinfo(host, None))
    except OSError:
        return []
