"""What the supervisor runs: a table of units, each a process to keep alive or a task to finish.

Plain data that survives a round trip through JSON; knows nothing of what the units are for.
"""

import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How the supervisor treats a unit."""

    PROCESS = "process"
    """Runs until stopped; restarted when it dies."""
    TASK = "task"
    """Runs once per start and must succeed; tried again with back-off when it fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One line of the table.

    `ready` is an address for `readiness.is_ready`; a process without one counts as ready once it
    has stayed alive for `settle_seconds`. `needs` names units that must be ready first. `ports` are
    the loopback ports it listens on. `stop_signal` asks it to end (SIGINT is PostgreSQL's fast
    shutdown); SIGKILL follows after `stop_seconds`.
    """

    name: str
    purpose: str
    command: tuple[str, ...]
    kind: Kind = Kind.PROCESS
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    ready: str | None = None
    ready_seconds: float = 60.0
    settle_seconds: float = 1.0
    stop_signal: int = int(signal.SIGTERM)
    stop_seconds: float = 25.0


class BadPlanError(Exception):
    """The table of units contradicts itself."""

    def __init__(self, reason: str, *, unit: str) -> None:
        super().__init__(reason)
        self.unit = unit

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.unit}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked table of units, in an order in which each follows what it needs.

    `owner_pid`, where given, is a process for whose sake the stack runs (a test session): the
    supervisor stops everything once it is gone.
    """

    units: tuple[Unit, ...]
    owner_pid: int | None = None

    def unit(self, name: str) -> Unit:
        """Return the unit of this name (KeyError when there is none)."""
        for unit in self.units:
            if unit.name == name:
                return unit
        raise KeyError(name)

    def to_json(self) -> str:
        """Return the table for the supervisor's process."""
        return json.dumps(
            {"owner_pid": self.owner_pid, "units": [asdict(unit) for unit in self.units]}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read what `to_json` wrote."""
        document = json.loads(text)
        return plan(
            [_unit_from(values) for values in document["units"]], owner_pid=document["owner_pid"]
        )


def _unit_from(values: dict[str, Any]) -> Unit:
    sequences = {name: tuple(values[name]) for name in ("command", "needs", "ports")}
    return Unit(**{**values, **sequences, "kind": Kind(values["kind"])})


def plan(units: Sequence[Unit], *, owner_pid: int | None = None) -> Plan:
    """Check the table and order it; raises BadPlanError for a doubled name or unmet need."""
    by_name = {unit.name: unit for unit in units}
    if len(by_name) != len(units):
        doubled = next(u.name for i, u in enumerate(units) if u.name in {v.name for v in units[:i]})
        raise BadPlanError("two units have one name", unit=doubled)
    ordered: dict[str, Unit] = {}
    waiting = dict(by_name)
    for unit in units:
        for need in unit.needs:
            if need not in by_name:
                raise BadPlanError("a unit needs something that is not in the table", unit=need)
    while waiting:
        free = [unit for unit in waiting.values() if all(need in ordered for need in unit.needs)]
        if not free:
            raise BadPlanError("units need one another in a circle", unit=next(iter(waiting)))
        for unit in free:
            ordered[unit.name] = waiting.pop(unit.name)
    return Plan(tuple(ordered.values()), owner_pid)
