"""The plugin's guards and factories, on real servers."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from matricula_localstack.paths import repository_root
from matricula_localstack.provision import plain
from matricula_testkit.plugin import OutsideConnectionError
from matricula_testkit.servers import DatabaseFactory, KafkaServer, PostgresServer

# Each run removes what killed runs left behind, so two of them at once would meet.
one_after_another = pytest.mark.xdist_group("inner-run")


def inner_run(folder: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a test file in a pytest of its own."""
    (folder / "test_inner.py").write_text(source)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "MATRICULA_T"))}
    settings = ("-c", str(repository_root() / "pyproject.toml"), "--rootdir", str(folder))
    plugin = ("-p", "matricula_testkit.plugin")
    inner = str(folder / "test_inner.py")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *settings, *arguments, inner],
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_a_test_cannot_leave_this_computer() -> None:
    with socket.socket() as probe, pytest.raises(OutsideConnectionError):
        probe.connect(("192.0.2.1", 80))
    with socket.socket() as probe, pytest.raises(OutsideConnectionError):
        probe.connect_ex(("192.0.2.1", 80))


async def test_asyncio_cannot_leave_this_computer_either() -> None:
    with pytest.raises(OutsideConnectionError):
        await asyncio.open_connection("192.0.2.1", 80)


def test_loopback_and_unix_sockets_stay_open(tmp_path: Path) -> None:
    with socket.socket() as listener, socket.socket() as probe:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        probe.connect(listener.getsockname())
    address = os.path.relpath(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as probe:
        listener.bind(address)
        listener.listen()
        probe.connect(address)


@one_after_another
def test_a_test_that_leaves_a_task_running_fails(tmp_path: Path) -> None:
    done = inner_run(
        tmp_path,
        "import asyncio\n"
        "async def test_leaves():\n"
        "    asyncio.get_running_loop().create_task(asyncio.sleep(60), name='forgotten')\n"
        "async def test_tidies():\n"
        "    await asyncio.get_running_loop().create_task(asyncio.sleep(0))\n",
        "-p",
        "no:randomly",
    )
    assert "1 error" in done.stdout
    assert "2 passed" in done.stdout
    assert "test_leaves left tasks running" in done.stdout
    assert "forgotten" in done.stdout


async def test_each_database_is_fresh_and_has_its_roles(make_database: DatabaseFactory) -> None:
    one, other = make_database.empty("event_log"), make_database.empty("event_log")
    assert one.name != other.name
    connection = await asyncpg.connect(plain(one.owner))
    await connection.execute("CREATE TABLE only_here (n integer)")
    await connection.close()
    connection = await asyncpg.connect(plain(other.app))
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    assert await connection.fetchval("SELECT current_user") == "event_log_app"
    await connection.close()
    for urls in (one, other):
        make_database.drop(urls)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(one.admin)


@one_after_another
def test_workers_share_one_server_and_it_ends_with_the_run(tmp_path: Path) -> None:
    done = inner_run(
        tmp_path,
        "import os, pathlib, pytest\n"
        f"seen = pathlib.Path({str(tmp_path)!r}, 'seen')\n"
        "@pytest.mark.parametrize('n', range(6))\n"
        "def test_ask(n, postgres_server, test_run):\n"
        "    with seen.open('a') as file:\n"
        "        file.write(f'{postgres_server.admin_url} {os.getpid()} {test_run.folder}\\n')\n",
        "-n",
        "2",
    )
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    lines = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    assert len({pid for _, pid, _ in lines}) == 2
    ((url, folder),) = {(url, folder) for url, _, folder in lines}
    assert not Path(folder).exists()
    if "DATABASE_URL" not in os.environ:
        port = int(url.rpartition(":")[2].partition("/")[0])
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.kafka
def test_the_broker_answers(kafka_server: KafkaServer, postgres_server: PostgresServer) -> None:
    host, _, port = kafka_server.bootstrap.partition(":")
    with socket.create_connection((host, int(port)), timeout=30):
        assert postgres_server.admin_url.startswith("postgres")


@one_after_another
def test_what_a_killed_run_left_behind_is_removed_by_the_next(tmp_path: Path) -> None:
    done = inner_run(
        tmp_path,
        "import os, pathlib, signal\n"
        "def test_dies(postgres_server, test_run):\n"
        f"    pathlib.Path({str(tmp_path)!r}, 'folder').write_text(str(test_run.folder))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
    )
    assert done.returncode == -9
    left = Path((tmp_path / "folder").read_text())
    assert left.exists()
    assert "1 passed" in inner_run(tmp_path, "def test_next(): pass\n").stdout
    assert not left.exists()
