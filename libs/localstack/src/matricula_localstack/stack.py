"""A stack seen from outside: start its supervisor, follow its state, stop it, strike at a process.

Used by the commands, the demo and the tests; holds no process itself.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from matricula_localstack import logfiles
from matricula_localstack.daemon import stop_orphans
from matricula_localstack.faults import LocalStackError
from matricula_localstack.paths import Home, write_private
from matricula_localstack.state import (
    SETTLED,
    StackState,
    Status,
    UnitState,
    read_state,
)
from matricula_localstack.units import Plan

_POLL_SECONDS: Final = 0.05
_SHOWN_LINES: Final = 15
_START_SECONDS: Final = 90  # stopping what a killed supervisor left behind is part of it


class StackError(LocalStackError):
    """The stack did not do what was asked; the text says which process and why."""


class Stack:
    """A handle on the stack of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def state(self) -> StackState | None:
        """Return the last state the supervisor wrote, or None before the first start."""
        return read_state(self.home.state_file)

    def is_running(self) -> bool:
        """Whether a supervisor looks after this home now."""
        state = self.state()
        return state is not None and state.supervisor.process() is not None

    def start(self, plan: Plan, *, environ: Mapping[str, str] | None = None) -> bool:
        """Start a detached supervisor with the plan; False when one runs already.

        Processes that a killed supervisor left behind are stopped by the new one.
        """
        self.home.create()
        if self.is_running():
            return False
        write_private(self.home.plan_file, plan.to_json())
        with logfiles.open_log(self.home.logs, "supervisor") as log:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "matricula_localstack.daemon", str(self.home.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environ) if environ is not None else None,
                start_new_session=True,
            )
        self._wait(
            lambda: self._supervisor_pid() == daemon.pid or daemon.poll() is not None,
            seconds=_START_SECONDS,
            failure="the supervisor did not start",
        )
        if daemon.returncode and self._supervisor_pid() != daemon.pid:
            raise StackError("\n".join(["the supervisor ended:", *self.last_lines("supervisor")]))
        daemon.returncode = 0  # it outlives us on purpose: nobody here waits for it
        return True

    def wait_ready(
        self,
        *,
        seconds: float,
        report: Callable[[UnitState], None] = lambda _unit: None,
        attempts: int | None = None,
    ) -> StackState:
        """Wait until every unit is ready; calls `report` at each change. StackError when not.

        With `attempts` it does not wait on for a unit that has failed so often.
        """
        reported: dict[str, tuple[Status, int]] = {}
        deadline = time.monotonic() + seconds
        while True:
            state = self.state()
            if state is None:
                raise StackError("the stack was never started")
            if state.problem:
                raise StackError(state.problem)
            for unit in state.units:
                if reported.get(unit.name) != (unit.status, unit.restarts):
                    reported[unit.name] = (unit.status, unit.restarts)
                    report(unit)
            if state.is_ready:
                return state
            if not self.is_running():
                raise StackError("the supervisor has gone; see its log")
            if time.monotonic() > deadline or _has_failed(state, attempts):
                raise StackError(self._why_not_ready(state))
            time.sleep(_POLL_SECONDS)

    def stop(self, *, seconds: float = 90) -> bool:
        """Stop everything in order; True when there was something to stop."""
        state = self.state()
        if state is None:
            return False
        if not self.is_running():
            return bool(stop_orphans(state))
        supervisor = state.supervisor.process()
        if supervisor is not None:
            supervisor.send_signal(signal.SIGTERM)
        self._wait(
            lambda: not self.is_running(),
            seconds=seconds,
            failure="the stack did not stop in time",
        )
        return True

    def kill(self, name: str, *, number: int = signal.SIGKILL) -> int:
        """Send a signal to the process of a unit and return the pid that was struck."""
        state = self.state()
        identity = state.unit(name).identity if state else None
        process = identity.process() if identity else None
        if process is None:
            raise StackError(f"{name} has no process to send a signal to")
        pid = int(process.pid)
        process.send_signal(number)
        return pid

    def wait_restarted(self, name: str, *, than: int, seconds: float = 60) -> UnitState:
        """Wait until a unit is ready under another pid than the one that was struck."""

        def is_back() -> bool:
            unit = self._unit(name)
            return unit.status in SETTLED and not (unit.identity and unit.identity.pid == than)

        self._wait(is_back, seconds=seconds, failure=f"{name} did not come back")
        return self._unit(name)

    def last_lines(self, name: str, count: int = _SHOWN_LINES) -> list[str]:
        """Return the end of a unit's log."""
        return logfiles.last_lines(logfiles.log_path(self.home.logs, name), count)

    def _unit(self, name: str) -> UnitState:
        state = self.state()
        if state is None:
            raise StackError("the stack was never started")
        return state.unit(name)

    def _supervisor_pid(self) -> int | None:
        state = self.state()
        return state.supervisor.pid if state else None

    def _why_not_ready(self, state: StackState) -> str:
        lines = ["these do not become ready:"]
        for unit in state.units:
            if unit.status not in SETTLED and unit.status is not Status.WAITING:
                lines.append(f"  {unit.name} ({unit.purpose}) is {unit.status}: {unit.reason}")
                lines += [f"    {line}" for line in self.last_lines(unit.name)]
        return "\n".join(lines)

    def _wait(self, is_so: Callable[[], bool], *, seconds: float, failure: str) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise StackError(failure)
            time.sleep(_POLL_SECONDS)


def _has_failed(state: StackState, attempts: int | None) -> bool:
    return attempts is not None and any(
        unit.restarts >= attempts and unit.status is Status.BACKING_OFF for unit in state.units
    )
