"""The watchdog on progress tells a stall from an idle worker."""

import asyncio

import pytest

from matricula_chassis.observability.metrics import LOOP_LAG, STALLED_SECONDS, observe_loop_lag
from matricula_chassis.observability.progress import ProgressWatchdog


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_waiting_work_without_progress_is_a_stall_only_after_the_limit() -> None:
    time = Time()
    watchdog = ProgressWatchdog("probe-stall", limit_seconds=120, monotonic=time)
    watchdog.lag_is(3)
    time.now += 120
    assert not watchdog.is_stalled()
    time.now += 1
    assert watchdog.is_stalled()
    assert STALLED_SECONDS.labels(worker="probe-stall")._value.get() == 121


def test_progress_starts_the_waiting_anew() -> None:
    time = Time()
    watchdog = ProgressWatchdog("probe", limit_seconds=120, monotonic=time)
    watchdog.lag_is(3)
    time.now += 100
    watchdog.advanced()
    time.now += 100
    watchdog.lag_is(2)
    assert watchdog.stalled_seconds() == 100
    watchdog.advanced(0)
    assert watchdog.stalled_seconds() == 100


def test_an_idle_worker_never_stalls_and_waiting_starts_with_the_first_item() -> None:
    time = Time()
    watchdog = ProgressWatchdog("probe", limit_seconds=120, monotonic=time)
    time.now += 10_000
    assert watchdog.stalled_seconds() == 0
    watchdog.lag_is(1)
    assert watchdog.stalled_seconds() == 0
    time.now += 121
    assert watchdog.is_stalled()
    watchdog.lag_is(0)
    assert not watchdog.is_stalled()


async def test_the_lag_of_the_event_loop_is_measured() -> None:
    before = LOOP_LAG._sum.get()
    measuring = asyncio.create_task(observe_loop_lag(interval=0.001))
    async with asyncio.timeout(30):
        while LOOP_LAG._sum.get() <= before:  # noqa: ASYNC110 - a sum tells nobody that it grows
            await asyncio.sleep(0.001)
    measuring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await measuring
