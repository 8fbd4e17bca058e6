"""The state file, and knowing a process beyond doubt."""

import os
import subprocess
import sys
from pathlib import Path

from matricula_localstack.daemon import stop_orphans
from matricula_localstack.state import (
    Identity,
    StackState,
    Status,
    UnitState,
    read_state,
    this_process,
    write_state,
)


def test_state_reads_back_as_written(tmp_path: Path) -> None:
    unit = UnitState("db", "data", Status.READY, Identity(1, 2.5), ports=(5,), restarts=3)
    state = StackState(this_process(), (unit, UnitState("api", "answers")), problem="")
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state


def test_the_state_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_state(tmp_path / "state.json", StackState(this_process(), ()))
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


def test_a_missing_or_broken_state_file_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path / "absent.json") is None
    (tmp_path / "broken.json").write_text('{"units": [')
    assert read_state(tmp_path / "broken.json") is None
    (tmp_path / "other.json").write_text('{"units": [], "problem": ""}')
    assert read_state(tmp_path / "other.json") is None


def test_a_pid_used_again_by_another_program_is_not_the_process() -> None:
    own = this_process()
    assert own.process() is not None
    assert Identity(own.pid, own.started - 60).process() is None


def test_an_ended_process_that_nobody_reaped_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    identity = Identity.of(child.pid)
    assert identity is not None
    assert identity.process() is not None
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie from here on
    assert identity.process() is None
    child.communicate()


def test_cleaning_up_never_touches_a_stranger_with_a_recorded_pid() -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    found = Identity.of(stranger.pid)
    assert found is not None
    recorded = Identity(stranger.pid, found.started - 60)
    state = StackState(this_process(), (UnitState("api", "answers", identity=recorded),))
    try:
        assert stop_orphans(state) == []
        assert stranger.poll() is None
    finally:
        stranger.communicate()


def test_readiness_of_the_stack_needs_every_unit() -> None:
    ready = UnitState("a", "", Status.READY)
    done = UnitState("b", "", Status.DONE)
    assert StackState(this_process(), (ready, done)).is_ready
    waiting = UnitState("c", "", Status.STARTING)
    assert not StackState(this_process(), (ready, waiting)).is_ready
