"""The supervisor's own process: one per home, found by its lock, outliving the command that asked.

Cleans up what an earlier, killed supervisor left running, then runs the plan until a signal.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from matricula_localstack.paths import Home, repository_root
from matricula_localstack.ports import taken
from matricula_localstack.state import (
    StackState,
    UnitState,
    read_state,
    this_process,
    write_state,
)
from matricula_localstack.supervisor import Supervisor
from matricula_localstack.units import Plan

NOT_INHERITED: Final = frozenset({"DATABASE_URL"})
"""The administrator's URL: units that may use it get it by a file of their own."""


def stop_orphans(state: StackState) -> list[str]:
    """Stop the processes of a stack whose supervisor has gone; returns their names.

    What others need is stopped after them, everything else at the same time. A process is touched
    only while pid and start time both agree.
    """
    heights: dict[str, int] = {}
    for unit in reversed(state.units):  # those that need it come after a unit
        above = [heights[other.name] for other in state.units if unit.name in other.needs]
        heights[unit.name] = 1 + max(above, default=-1)
    stopped = []
    for height in sorted(set(heights.values())):
        alive = [
            (unit, process)
            for unit in state.units
            if heights[unit.name] == height
            and unit.identity
            and (process := unit.identity.process())
        ]
        _stop_together(alive)
        stopped += [unit.name for unit, _ in alive]
    return stopped


def environment_for_units(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what every unit inherits: this environment without the administrator's secrets."""
    inherited = {name: value for name, value in environ.items() if name not in NOT_INHERITED}
    return {**inherited, "PYTHONUNBUFFERED": "1"}


def hold_lock(home: Home) -> int | None:
    """Take the home's lock for the life of this process; None when another supervisor has it."""
    descriptor = os.open(home.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def main() -> int:
    """Run the plan that lies in the home named by the first argument; 0 after an ordered stop."""
    home = Home(Path(sys.argv[1]))
    if hold_lock(home) is None:
        print("another supervisor runs this stack")
        return 0
    plan = Plan.from_json(home.plan_file.read_text(encoding="utf-8"))
    before = read_state(home.state_file)
    if before is not None:
        stop_orphans(before)
    problems = taken((port, unit.purpose) for unit in plan.units for port in unit.ports)
    if problems:
        units = tuple(UnitState(unit.name, unit.purpose) for unit in plan.units)
        write_state(home.state_file, StackState(this_process(), units, "; ".join(problems)))
        return 1
    asyncio.run(_run(plan, home))
    return 0


async def _run(plan: Plan, home: Home) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(
        plan,
        home,
        environment=environment_for_units(os.environ),
        working_directory=repository_root(),
    )
    await supervisor.run(stop)


def _stop_together(alive: Sequence[tuple[UnitState, psutil.Process]]) -> None:
    for unit, process in alive:
        with contextlib.suppress(psutil.Error):
            process.send_signal(unit.stop_signal)
    patience = max((unit.stop_seconds for unit, _ in alive), default=0)
    _, deaf = psutil.wait_procs([process for _, process in alive], timeout=patience)
    for process in deaf:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(deaf, timeout=patience)


if __name__ == "__main__":
    sys.exit(main())
