"""A real PostgreSQL under the supervisor: durable, private, never loosening a folder."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from matricula_localstack import postgres
from matricula_localstack.paths import Home
from matricula_localstack.ports import free_ports
from matricula_localstack.provision import administrator, plain, provision
from matricula_localstack.secret_files import SecretFiles
from matricula_localstack.stack import Stack
from matricula_localstack.units import Plan, Unit, plan
from matricula_localstack.unprivileged import (
    UnsafeFolderError,
    account_for_database,
    make_private,
    reachable_copy,
    socket_folder,
)

pytestmark = pytest.mark.postgres


def server_plan(home: Home, port: int) -> Plan:
    command = (sys.executable, "-m", "matricula_localstack.postgres")
    return plan(
        [
            Unit(
                name="postgres",
                purpose="PostgreSQL",
                command=(*command, f"--home={home.root}", f"--port={port}"),
                ports=(port,),
                ready=f"postgres://127.0.0.1:{port}",
                stop_signal=int(signal.SIGINT),
            )
        ]
    )


def parents_with_modes(path: Path) -> dict[Path, int]:
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in path.resolve().parents}


@pytest.fixture
def private_home() -> Iterator[Home]:
    """A home below a folder that nobody else may enter, as root's own home is."""
    with tempfile.TemporaryDirectory(prefix="matricula-private-") as folder:
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        home = Home(Path(folder) / "checkout" / ".local")
        yield home
        Stack(home).stop()
        postgres.remove(home)


async def test_committed_rows_outlive_a_killed_server(stack: Stack) -> None:
    (port,) = free_ports(1)
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    url = postgres.administrator_url(stack.home, port=port)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept (n integer)")
    await connection.execute("INSERT INTO kept VALUES (41)")
    struck = stack.kill("postgres")
    stack.wait_restarted("postgres", than=struck, seconds=120)
    connection.terminate()
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT n FROM kept") == 41
    assert await connection.fetchval("SHOW fsync") == "on"
    await connection.close()


async def test_a_stopped_server_starts_again_with_its_rows(stack: Stack) -> None:
    (port,) = free_ports(1)
    url = postgres.administrator_url(stack.home, port=port)
    for number in range(2):
        stack.start(server_plan(stack.home, port))
        stack.wait_ready(seconds=120)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        await connection.execute("INSERT INTO kept VALUES ($1)", number)
        assert await connection.fetchval("SELECT count(*) FROM kept") == number + 1
        await connection.close()
        stack.stop()


async def test_a_server_left_by_a_killed_supervisor_is_replaced_and_keeps_its_rows(
    stack: Stack,
) -> None:
    (port,) = free_ports(1)
    url = postgres.administrator_url(stack.home, port=port)
    stack.start(server_plan(stack.home, port))
    state = stack.wait_ready(seconds=120)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept (n integer)")
    os.kill(state.supervisor.pid, signal.SIGKILL)
    stack.home.state_file.unlink()  # not even the pid is known any more: only PostgreSQL's own file
    postgres.stop_leftover(postgres.prepare(stack.home).data)
    connection.terminate()
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await connection.close()


def test_a_pid_file_that_points_at_a_stranger_harms_nobody(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    (tmp_path / "postmaster.pid").write_text(f"{stranger.pid}\n{tmp_path}\n")
    try:
        postgres.stop_leftover(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.communicate()


def test_no_parent_folder_changes_its_mode(private_home: Home) -> None:
    private_home.root.parent.mkdir()
    watched = (private_home.root, Path(sys.executable), Path(postgres.__file__))
    before = [parents_with_modes(path) for path in watched]
    (port,) = free_ports(1)
    stack = Stack(private_home)
    stack.start(server_plan(private_home, port))
    stack.wait_ready(seconds=120)
    assert [parents_with_modes(path) for path in watched] == before
    cluster = postgres.prepare(private_home)  # also stops the server that runs on the cluster
    for folder in (cluster.data, cluster.data.parent, cluster.sockets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_server_listens_on_loopback_and_its_private_socket_only(private_home: Home) -> None:
    cluster = postgres.prepare(private_home)
    command = postgres.command_line(cluster, port=5432, fsync=True)
    assert "listen_addresses=127.0.0.1" in command
    assert f"unix_socket_directories={socket_folder(private_home)}" in command
    assert len(str(socket_folder(private_home))) < 90
    assert not [part for part in command if part.startswith("fsync")]


async def test_neither_statements_nor_values_reach_the_servers_log(stack: Stack) -> None:
    (port,) = free_ports(1)
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    connection = await asyncpg.connect(postgres.administrator_url(stack.home, port=port))
    await connection.execute("CREATE TABLE person (name text PRIMARY KEY, born date)")
    await connection.execute("INSERT INTO person VALUES ($1)", "Zebedee Canary")
    with pytest.raises(asyncpg.UniqueViolationError, match="person_pkey"):
        await connection.execute("INSERT INTO person VALUES ($1)", "Zebedee Canary")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO person VALUES ('Zebedee Canary')")
    await connection.close()
    log = "\n".join(stack.last_lines("postgres", 1000))
    assert "duplicate key value" in log
    assert "Canary" not in log


def test_a_private_folder_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(UnsafeFolderError):
        make_private(tmp_path / "open", None)
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(UnsafeFolderError):
        make_private(tmp_path / "link", None)
    make_private(tmp_path / "mine", None)
    make_private(tmp_path / "mine", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the database to another account")
def test_programs_in_a_private_folder_are_copied_for_the_other_account(
    private_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source, companion = postgres._installed()
    account = account_for_database()
    assert account is not None
    hidden = private_home.root.parent / source.parent.name
    hidden.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(source.parent), str(hidden)], check=True)
    if companion.is_dir():
        subprocess.run(["cp", "-a", str(companion), str(hidden.parent)], check=True)
    with tempfile.TemporaryDirectory(prefix="matricula-open-") as folder:
        Path(folder).chmod(0o755)
        copied = reachable_copy(
            hidden / source.name, hidden.parent / companion.name, Path(folder) / "programs", account
        )
        assert copied != hidden / source.name
        for program in ("postgres", "initdb", "psql"):
            done = subprocess.run(
                [str(copied / "bin" / program), "--version"],
                cwd="/",
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                capture_output=True,
                text=True,
                check=False,
            )
            assert "PostgreSQL" in done.stdout, done.stderr


async def test_provisioning_twice_leaves_one_of_everything_and_working_passwords(
    stack: Stack,
) -> None:
    (port,) = free_ports(1)
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    url = postgres.administrator_url(stack.home, port=port)
    passwords = SecretFiles(stack.home.secrets).password
    first = await provision(url, passwords=passwords)
    assert await provision(url, passwords=passwords) == first
    for service in ("learner_api", "consent_registry", "event_log"):
        connection = await asyncpg.connect(plain(first[service].app))
        assert await connection.fetchval("SELECT current_database()") == f"matricula_{service}"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE t (n integer)")
        await connection.close()
        connection = await asyncpg.connect(plain(first[service].owner))
        await connection.execute("CREATE TABLE t (n integer)")
        await connection.close()


async def test_a_service_cannot_enter_the_database_of_another(stack: Stack) -> None:
    (port,) = free_ports(1)
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    url = postgres.administrator_url(stack.home, port=port)
    urls = await provision(url, passwords=SecretFiles(stack.home.secrets).password)
    intruder = plain(urls["learner_api"].app).replace(
        "/matricula_learner_api", "/matricula_event_log"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(intruder)


async def test_an_administrator_without_superuser_rights_can_provision(stack: Stack) -> None:
    (port,) = free_ports(1)
    stack.start(server_plan(stack.home, port))
    stack.wait_ready(seconds=120)
    url = postgres.administrator_url(stack.home, port=port)
    async with administrator(url) as connection:
        await connection.execute("CREATE ROLE lesser LOGIN CREATEDB CREATEROLE PASSWORD 'hush'")
    lesser = f"postgresql://lesser:hush@127.0.0.1:{port}/postgres"
    passwords = SecretFiles(stack.home.secrets).password
    for _ in range(2):
        urls = await provision(lesser, passwords=passwords, services=("event_log",))
    connection = await asyncpg.connect(plain(urls["event_log"].owner))
    await connection.execute("CREATE TABLE t (n integer)")
    await connection.close()
