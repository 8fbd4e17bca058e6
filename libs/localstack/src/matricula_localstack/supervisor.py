"""Keeps a table of units running: in order, ready one by one, restarted with back-off, stopped.

Knows nothing of what the units do. One coroutine per unit; the state file tells the story.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from matricula_localstack import logfiles
from matricula_localstack.backoff import Backoff
from matricula_localstack.paths import Home
from matricula_localstack.readiness import is_ready
from matricula_localstack.state import (
    Identity,
    StackState,
    Status,
    UnitState,
    this_process,
    write_state,
)
from matricula_localstack.units import Kind, Plan, Unit

_POLL_SECONDS: Final = 0.1
_HOUSEKEEPING_SECONDS: Final = 1.0
_KILL_SECONDS: Final = 5.0


class Supervisor:
    """Runs a plan until `stop` is set. `environment` is what every unit inherits."""

    def __init__(
        self,
        plan: Plan,
        home: Home,
        *,
        environment: Mapping[str, str],
        working_directory: Path,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._plan = plan
        self._home = home
        self._environment = dict(environment)
        self._directory = working_directory
        self._backoff = {unit.name: backoff() for unit in plan.units}
        self._ready = {unit.name: asyncio.Event() for unit in plan.units}
        self._gone = {unit.name: asyncio.Event() for unit in plan.units}
        self._stop = asyncio.Event()
        self._is_published = False
        self._owner = Identity.of(plan.owner_pid) if plan.owner_pid else None
        self._state = StackState(
            this_process(),
            tuple(
                UnitState(
                    unit.name,
                    unit.purpose,
                    ports=unit.ports,
                    needs=unit.needs,
                    stop_signal=unit.stop_signal,
                    stop_seconds=unit.stop_seconds,
                )
                for unit in plan.units
            ),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, keep it running until `stop` is set, then stop it in order."""
        self._stop = stop
        self._publish()
        async with asyncio.TaskGroup() as group:
            housekeeping = group.create_task(self._keep_house())
            keepers = [group.create_task(self._keep(unit)) for unit in self._plan.units]
            await asyncio.wait(keepers)
            housekeeping.cancel()

    async def _keep(self, unit: Unit) -> None:
        """Look after one unit from its first start to its end."""
        try:
            for need in unit.needs:
                if not await self._unless_stopped(self._ready[need].wait()):
                    return
            while not self._stop.is_set():
                began = time.monotonic()
                reason = await self._run_once(unit)
                if reason is None:
                    return
                delay = self._backoff[unit.name].after_run(time.monotonic() - began)
                self._note(unit, Status.BACKING_OFF, identity=None, reason=reason, restarted=True)
                await self._unless_stopped(asyncio.sleep(delay))
        finally:
            self._note(unit, Status.STOPPED, identity=None)
            self._gone[unit.name].set()

    async def _run_once(self, unit: Unit) -> str | None:
        """Start the unit and watch it. None: stopped on request (or its task is done); else why."""
        try:
            process = await self._spawn(unit)
        except OSError as error:
            return f"could not be started: {os.strerror(error.errno or 0)} ({unit.command[0]})"
        ended = asyncio.ensure_future(process.wait())
        try:
            if unit.kind is Kind.TASK:
                reason = await self._finish(unit, ended)
            else:
                reason = await self._serve(unit, process, ended)
            return None if self._stop.is_set() else reason
        finally:
            if process.returncode is None and self._stop.is_set():
                self._note(unit, Status.STOPPING, identity=Identity.of(process.pid))
                await self._dependents_gone(unit)
            await _terminate(process, unit, ended)

    async def _finish(self, unit: Unit, ended: asyncio.Future[int]) -> str | None:
        """Wait for a task's success, then for the stop; the reason when it failed."""
        await self._unless_stopped(asyncio.wait({ended}, timeout=unit.ready_seconds))
        if not ended.done():
            return f"did not finish within {unit.ready_seconds:g} s"
        if ended.result() != 0:
            return _explain(ended.result())
        self._ready[unit.name].set()
        self._note(unit, Status.DONE, identity=None)
        await self._stop.wait()
        return None

    async def _serve(
        self, unit: Unit, process: asyncio.subprocess.Process, ended: asyncio.Future[int]
    ) -> str | None:
        """Wait until a process is ready and then until it ends; the reason why it did."""
        reason = await self._until_ready(unit, ended)
        if reason is None and not self._stop.is_set():
            self._ready[unit.name].set()
            self._note(unit, Status.READY, identity=Identity.of(process.pid))
            await self._unless_stopped(asyncio.shield(ended))
            reason = _explain(ended.result()) if ended.done() else None
        return reason

    async def _spawn(self, unit: Unit) -> asyncio.subprocess.Process:
        self._note(unit, Status.STARTING, identity=None)
        with logfiles.open_log(self._home.logs, unit.name) as log:
            process = await asyncio.create_subprocess_exec(
                *unit.command,
                env={**self._environment, **unit.environment},
                cwd=self._directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._note(unit, Status.STARTING, identity=Identity.of(process.pid))
        return process

    async def _until_ready(self, unit: Unit, ended: asyncio.Future[int]) -> str | None:
        """Wait until a process is ready. None: it is, or the stack stops; else why it is not."""
        if unit.ready is None:
            await self._unless_stopped(asyncio.wait({ended}, timeout=unit.settle_seconds))
            return _explain(ended.result()) if ended.done() else None
        deadline = time.monotonic() + unit.ready_seconds
        while not (self._stop.is_set() or ended.done() or await is_ready(unit.ready)):
            if time.monotonic() > deadline:
                return f"was not ready within {unit.ready_seconds:g} s"
            await asyncio.wait({ended}, timeout=_POLL_SECONDS)
        return _explain(ended.result()) if ended.done() else None

    async def _dependents_gone(self, unit: Unit) -> None:
        for other in self._plan.units:
            if unit.name in other.needs:
                await self._gone[other.name].wait()

    async def _unless_stopped(self, work: Coroutine[Any, Any, Any] | asyncio.Future[Any]) -> bool:
        """Wait for the work or for the stop, whichever comes first; True when the work is done."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return task.done()
        finally:
            stopped.cancel()
            task.cancel()

    def _note(
        self,
        unit: Unit,
        status: Status,
        *,
        identity: Identity | None,
        reason: str = "",
        restarted: bool = False,
    ) -> None:
        before = self._state.unit(unit.name)
        after = replace(
            before,
            status=status,
            identity=identity,
            since=time.time(),
            reason=reason,
            restarts=before.restarts + int(restarted),
        )
        self._state = self._state.with_unit(after)
        self._publish()

    def _publish(self) -> None:
        """Write the state file; a full disk must not end the supervisor, so it is tried again."""
        try:
            write_state(self._home.state_file, self._state)
            self._is_published = True
        except OSError:
            self._is_published = False

    async def _keep_house(self) -> None:
        """Keep the logs small, and stop when the process that all this is for has gone."""
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            if not self._is_published:
                self._publish()
            with contextlib.suppress(OSError):
                for path in logfiles.logs_in(self._home.logs):
                    logfiles.rotate(path)
            if self._plan.owner_pid and (self._owner is None or self._owner.process() is None):
                self._stop.set()


def _explain(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


async def _terminate(
    process: asyncio.subprocess.Process, unit: Unit, ended: asyncio.Future[int]
) -> None:
    """Ask the process to end; kill it and its group when it does not."""
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(unit.stop_signal)
        await asyncio.wait({ended}, timeout=unit.stop_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait({ended}, timeout=_KILL_SECONDS)
