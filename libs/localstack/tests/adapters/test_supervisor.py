"""The supervisor with real processes: order, restarts, orphans, refusals."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from matricula_localstack.stack import Stack, StackError
from matricula_localstack.state import Status
from matricula_localstack.units import Kind, Unit, plan

SLEEPER = ("sh", "-c", "echo started; exec sleep 1000")
TEARDOWN_LOGGER = (
    "trap 'echo stop {0} >> {1}; exit 0' TERM; echo start {0} >> {1}; while :; do sleep 0.05; done"
)


def unit(name: str, command: tuple[str, ...] = SLEEPER, *needs: str, **more: Any) -> Unit:
    settings: dict[str, Any] = {"settle_seconds": 0.1, "stop_seconds": 5.0, **more}
    return Unit(
        name=name, purpose=f"the {name} of a test", command=command, needs=needs, **settings
    )


def eventually(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended may wait for a moment until somebody collects it."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def pid_of(stack: Stack, name: str) -> int:
    state = stack.state()
    assert state is not None
    identity = state.unit(name).identity
    assert identity is not None
    return identity.pid


def test_units_start_after_what_they_need_and_stop_before_it(stack: Stack) -> None:
    stack.home.create()
    story = stack.home.root / "story"
    units = [
        unit(name, ("sh", "-c", TEARDOWN_LOGGER.format(name, story)), *needs, settle_seconds=1.5)
        for name, needs in (("api", ("db",)), ("db", ("disk",)), ("disk", ()))
    ]
    stack.start(plan(units))
    stack.wait_ready(seconds=60)
    eventually(lambda: len(story.read_text().splitlines()) == len(units))
    stack.stop()
    assert story.read_text().splitlines() == [
        *(f"start {name}" for name in ("disk", "db", "api")),
        *(f"stop {name}" for name in ("api", "db", "disk")),
    ]


def test_a_killed_process_is_restarted_and_the_others_are_left_alone(stack: Stack) -> None:
    stack.start(plan([unit("api"), unit("db")]))
    stack.wait_ready(seconds=60)
    neighbour = pid_of(stack, "db")
    struck = stack.kill("api")
    back = stack.wait_restarted("api", than=struck)
    assert back.restarts == 1
    assert pid_of(stack, "db") == neighbour


def test_a_process_that_keeps_dying_is_tried_less_and_less_often(stack: Stack) -> None:
    stack.home.create()
    starts = stack.home.root / "starts"
    stack.start(plan([unit("api", ("sh", "-c", f"date +%s%N >> {starts}; exit 3"))]))
    eventually(lambda: starts.exists() and len(starts.read_text().splitlines()) >= 5)
    times = [int(line) / 1e9 for line in starts.read_text().splitlines()][:5]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps[2:]) > min(gaps[:2])  # a busy machine makes some gap longer, none shorter
    eventually(lambda: (s := stack.state()) is not None and s.unit("api").restarts >= 4)


def test_why_a_process_is_not_ready_is_said_with_the_end_of_its_log(stack: Stack) -> None:
    stack.start(plan([unit("api", ("sh", "-c", "echo no such setting: PORT; exit 3"))]))
    eventually(lambda: (s := stack.state()) is not None and s.unit("api").restarts > 0)
    with pytest.raises(StackError) as told:
        stack.wait_ready(seconds=0.5)
    assert "api (the api of a test) is" in str(told.value)
    assert "no such setting: PORT" in str(told.value)


def test_a_failed_task_is_tried_again_and_holds_back_those_that_need_it(stack: Stack) -> None:
    stack.home.create()
    marker = stack.home.root / "marker"
    command = ("sh", "-c", f"test -e {marker} || {{ touch {marker}; exit 1; }}")
    stack.start(plan([unit("tables", command, kind=Kind.TASK), unit("api", SLEEPER, "tables")]))
    state = stack.wait_ready(seconds=60)
    assert state.unit("tables").status is Status.DONE
    assert state.unit("tables").restarts == 1


def test_a_process_that_ignores_the_signal_is_killed(stack: Stack) -> None:
    deaf = ("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")
    stack.start(plan([unit("deaf", deaf, stop_seconds=0.3)]))
    stack.wait_ready(seconds=60)
    pid = pid_of(stack, "deaf")
    stack.stop(seconds=60)
    assert not is_alive(pid)


def test_what_a_killed_supervisor_left_running_is_stopped_by_the_next_start(stack: Stack) -> None:
    both = plan([unit("db"), unit("api", SLEEPER, "db")])
    stack.start(both)
    stack.wait_ready(seconds=60)
    orphans = {pid_of(stack, "db"), pid_of(stack, "api")}
    state = stack.state()
    assert state is not None
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not stack.is_running())
    assert all(is_alive(pid) for pid in orphans)
    assert stack.start(both)
    stack.wait_ready(seconds=60)
    assert not any(is_alive(pid) for pid in orphans)
    assert not orphans & {pid_of(stack, "db"), pid_of(stack, "api")}


def test_stopping_finds_the_orphans_of_a_killed_supervisor_too(stack: Stack) -> None:
    stack.start(plan([unit("api")]))
    stack.wait_ready(seconds=60)
    orphan = pid_of(stack, "api")
    state = stack.state()
    assert state is not None
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not stack.is_running())
    assert stack.stop()
    assert not is_alive(orphan)
    assert not stack.stop()


def test_orphans_are_stopped_before_what_they_need(stack: Stack) -> None:
    stack.home.create()
    story = stack.home.root / "story"
    logger = "trap 'echo {0} >> {1}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    units = [
        unit(name, ("sh", "-c", logger.format(name, story)), *needs)
        for name, needs in (("db", ()), ("api", ("db",)), ("web", ("api",)))
    ]
    stack.start(plan(units))
    state = stack.wait_ready(seconds=60)
    eventually(lambda: all(stack.last_lines(one.name) == ["up"] for one in units))
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not stack.is_running())
    assert stack.stop()
    assert story.read_text().split() == ["web", "api", "db"]


def test_a_second_start_finds_the_first(stack: Stack) -> None:
    assert stack.start(plan([unit("api")]))
    before = stack.wait_ready(seconds=60)
    assert not stack.start(plan([unit("other")]))
    assert stack.state() == before


def test_a_port_in_use_is_named_before_anything_starts(stack: Stack) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        stack.start(plan([unit("db"), unit("api", ports=(port,))]))
        with pytest.raises(StackError, match=rf"port {port} \(the api of a test\) is in use"):
            stack.wait_ready(seconds=60)
    assert not stack.home.logs.joinpath("db.log").exists()


def test_a_missing_program_is_named(stack: Stack) -> None:
    stack.start(plan([unit("api", ("/nowhere/matricula-api",))]))
    eventually(lambda: (s := stack.state()) is not None and s.unit("api").restarts > 0)
    with pytest.raises(StackError, match="/nowhere/matricula-api"):
        stack.wait_ready(seconds=0.5)


def test_a_stack_ends_with_the_process_it_was_started_for(stack: Stack) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    stack.start(plan([unit("api")], owner_pid=owner.pid))
    stack.wait_ready(seconds=60)
    pid = pid_of(stack, "api")
    owner.communicate()
    eventually(lambda: not is_alive(pid) and not stack.is_running())


def test_the_administrators_url_reaches_no_process(stack: Stack) -> None:
    stack.home.create()
    seen = stack.home.root / "seen"
    command = ("sh", "-c", f"env > {seen}")
    environ = {**os.environ, "DATABASE_URL": "postgresql://root:hush@h/d", "OTHER": "kept"}
    stack.start(plan([unit("task", command, kind=Kind.TASK)]), environ=environ)
    stack.wait_ready(seconds=60)
    assert "hush" not in seen.read_text()
    assert "OTHER=kept" in seen.read_text()


def test_logs_of_each_process_are_kept_apart_and_private(stack: Stack) -> None:
    stack.start(plan([unit("api"), unit("db", ("sh", "-c", "echo other; exec sleep 1000"))]))
    stack.wait_ready(seconds=60)
    eventually(lambda: stack.last_lines("api") == ["started"])
    eventually(lambda: stack.last_lines("db") == ["other"])
    modes = {Path(path).stat().st_mode & 0o777 for path in stack.home.logs.iterdir()}
    assert modes == {0o600}


def test_a_start_is_given_up_after_so_many_failures(stack: Stack) -> None:
    stack.start(plan([unit("api", ("sh", "-c", "echo wrong password; exit 1"))]))
    with pytest.raises(StackError, match="wrong password"):
        stack.wait_ready(seconds=60, attempts=3)
