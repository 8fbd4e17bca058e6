"""Strikes at the processes of a platform at the moments of a job, and times their return."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

import httpx
from tests.chaos.catalogue import SERVER_UNITS, Blow, Fault, Moment
from tests.chaos.stand_in import another
from tests.e2e.own_stack import OwnStack

from matricula_localstack.state import StackState, Status, UnitState

RECOVERY_SECONDS: Final = 180.0
_JOB_SECONDS: Final = 400.0  # a job under every fault at once, on a busy machine
_POLL_SECONDS: Final = 0.03
_OK: Final = 200
_SIGNALS: Final = {Blow.KILL: signal.SIGKILL, Blow.PAUSE: signal.SIGSTOP}


class NotStruckError(AssertionError):
    """A crash point was never passed, or a process did not come back: nothing is proved."""


class Strikes:
    """The faults of one job: `prepare` and `at` each moment in turn, beside them `recovered`."""

    def __init__(self, own: OwnStack, http: httpx.AsyncClient, faults: Sequence[Fault]) -> None:
        self._own = own
        self._http = http
        self._faults = tuple(faults)
        self._restarts: dict[str, int] = {}
        self._blows: dict[str, float] = {}
        self._taken_over: dict[str, float] = {}

    def holds(self, moment: Moment) -> bool:
        """Whether a process waits for this moment, so that what announces it cannot happen."""
        return any(one.moment is moment and one.is_held for one in self._faults)

    @asynccontextmanager
    async def stand_in(self) -> AsyncIterator[bool]:
        """Have the block's work done by another process where one is paused; then wake that one.

        Yields whether there is one.
        """
        paused = [one.unit for one in self._faults if one.blow is Blow.PAUSE]
        async with AsyncExitStack() as stack:
            for unit in paused:
                await stack.enter_async_context(another(self._own, unit))
                stack.callback(self._own.stack.kill, unit, number=signal.SIGCONT)
            yield bool(paused)
            for unit in paused:
                self._taken_over[unit] = time.monotonic() - self._blows[unit]

    async def prepare(self, *moments: Moment) -> None:
        """Arm the crash points: each such process ends politely and starts anew, armed."""
        armed: dict[str, list[Fault]] = {}
        due = [one for one in self._faults if one.moment in moments]
        for fault in due:
            if fault.blow is Blow.CRASH:
                armed.setdefault(fault.unit, []).append(fault)
        for name, faults in armed.items():
            file = self._own.arming_file(name)
            file.write_text("".join(f"{one.point}:{one.passes}\n" for one in faults))
            if faults[0].is_held:
                self._own.hold_file(name).touch()
            await self._renewed(name, is_held=faults[0].is_held)
        for fault in due:
            self._restarts.setdefault(fault.unit, self._unit(fault.unit).restarts)
            if fault.blow is Blow.CRASH and not fault.is_held:
                self._blows[fault.unit] = time.monotonic()  # it may die before its moment comes

    async def at(self, moment: Moment) -> None:
        """Strike where this is the moment."""
        for fault in self._faults:
            if fault.moment is not moment:
                continue
            if fault.blow is Blow.CRASH:
                self._own.hold_file(fault.unit).unlink(missing_ok=True)
                self._blows[fault.unit] = time.monotonic()
                continue
            polite = signal.SIGINT if fault.unit == "postgres" else signal.SIGTERM
            self._own.stack.kill(fault.unit, number=_SIGNALS.get(fault.blow, polite))
            self._blows[fault.unit] = time.monotonic()

    async def recovered(self) -> dict[str, float]:
        """Wait until everything struck has died and works again; return the seconds by unit.

        They count from the unit's last blow until it is ready again; for the servers, until every
        process of the platform is; for a paused one, until another has done its work.
        """
        units = list(dict.fromkeys(one.unit for one in self._faults))
        seconds = await asyncio.gather(*map(self._returned, units))
        await self._all_ready()
        return dict(zip(units, seconds, strict=True))

    async def _returned(self, unit: str) -> float:
        of_it = [one for one in self._faults if one.unit == unit]
        if of_it[0].blow is Blow.PAUSE:
            over = partial(self._taken_over.__contains__, unit)
            await self._until(over, failure=f"nobody stood in for {unit}", seconds=_JOB_SECONDS)
            return self._taken_over[unit]
        moment = partial(self._blows.__contains__, unit)
        await self._until(
            moment, failure=f"the moment of {unit} did not come", seconds=_JOB_SECONDS
        )
        died = partial(self._has_died, unit, len(of_it))
        await self._until(died, failure=f"{of_it[-1].label} did not happen", seconds=_JOB_SECONDS)
        began = time.monotonic() if of_it[-1].blow is Blow.CRASH else self._blows[unit]
        is_ready = partial(self._is_ready, unit)
        await self._until(is_ready, failure=f"{unit} did not come back")
        if unit in SERVER_UNITS:
            await self._all_ready()
        return time.monotonic() - began

    async def _all_ready(self) -> None:
        await self._until(lambda: self._state().is_ready, failure="not every process came back")
        for address in self._own.probes().values():
            await self._answers(f"{address}/readyz")

    def abandon(self) -> None:
        """Let go of every process that is still held or armed."""
        for fault in self._faults:
            self._own.arming_file(fault.unit).unlink(missing_ok=True)
            self._own.hold_file(fault.unit).unlink(missing_ok=True)

    async def _renewed(self, name: str, *, is_held: bool) -> None:
        pid = self._own.stack.kill(name, number=signal.SIGTERM)

        def is_new() -> bool:
            unit = self._unit(name)
            is_another = unit.identity is not None and unit.identity.pid != pid
            return is_another and (is_held or unit.status is Status.READY)

        await self._until(is_new, failure=f"{name} did not start anew")

    async def _answers(self, address: str) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline:
            try:
                if (await self._http.get(address)).status_code == _OK:
                    return
            except httpx.TransportError:
                pass  # it is still coming back
            await asyncio.sleep(_POLL_SECONDS)
        raise NotStruckError(f"{address} is not ready")

    async def _until(
        self, is_so: Callable[[], bool], *, failure: str, seconds: float = RECOVERY_SECONDS
    ) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise NotStruckError(failure)
            await asyncio.sleep(_POLL_SECONDS)

    def _is_ready(self, name: str) -> bool:
        return self._unit(name).status is Status.READY

    def _has_died(self, name: str, times: int) -> bool:
        return self._unit(name).restarts >= self._restarts[name] + times

    def _unit(self, name: str) -> UnitState:
        return self._state().unit(name)

    def _state(self) -> StackState:
        state = self._own.stack.state()
        assert state is not None
        return state
