"""The supervisor's one state file: who runs, since when, and how it is going.

Written by the supervisor alone, read by everybody. A process is known by pid and start time, so
that a pid used again by another program is never mistaken for it.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import psutil

from matricula_localstack.paths import write_private

_CLOCK_STEP_SECONDS: Final = 2.0  # start times are derived from a wall clock that may be corrected


class Status(StrEnum):
    """Where a unit stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    BACKING_OFF = "backing off"
    STOPPING = "stopping"
    STOPPED = "stopped"


SETTLED: Final = frozenset({Status.READY, Status.DONE})


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, beyond doubt: its pid and its start time (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of a process that runs now, else None."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def process(self) -> psutil.Process | None:
        """Return the process while it lives; a zombie or another program with its pid is None."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started) < _CLOCK_STEP_SECONDS
            is_alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return process if is_same and is_alive else None


@dataclass(frozen=True, slots=True)
class UnitState:
    """How one unit is doing. `since` is seconds since the epoch; `reason` says why it waits."""

    name: str
    purpose: str
    status: Status = Status.WAITING
    identity: Identity | None = None
    ports: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()
    stop_signal: int = 15
    stop_seconds: float = 25.0
    restarts: int = 0
    since: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack. `problem` says why the supervisor gave up, else it is empty."""

    supervisor: Identity
    units: tuple[UnitState, ...]
    problem: str = ""

    def unit(self, name: str) -> UnitState:
        """Return the state of the unit of this name (KeyError when there is none)."""
        for unit in self.units:
            if unit.name == name:
                return unit
        raise KeyError(name)

    def with_unit(self, changed: UnitState) -> "StackState":
        """Return the state with one unit replaced."""
        units = tuple(changed if unit.name == changed.name else unit for unit in self.units)
        return replace(self, units=units)

    @property
    def is_ready(self) -> bool:
        """Whether every process is ready and every task done."""
        return all(unit.status in SETTLED for unit in self.units)


def this_process() -> Identity:
    """Return the identity of the running process."""
    return Identity(os.getpid(), psutil.Process().create_time())


def write_state(path: Path, state: StackState) -> None:
    """Replace the state file in one step."""
    write_private(path, json.dumps(asdict(state), indent=1))


def read_state(path: Path) -> StackState | None:
    """Return the last written state, or None when there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        units = tuple(
            UnitState(
                **{
                    **unit,
                    "status": Status(unit["status"]),
                    "identity": Identity(**unit["identity"]) if unit["identity"] else None,
                    "ports": tuple(unit["ports"]),
                    "needs": tuple(unit["needs"]),
                }
            )
            for unit in document["units"]
        )
        return StackState(Identity(**document["supervisor"]), units, document["problem"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
