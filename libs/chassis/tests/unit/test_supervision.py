"""Tasks of a process drain, are cancelled at the limit, and end it when they fail."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.runtime import WorkerStalled, supervise
from matricula_testkit.observed import CapturedLog

CANARY = "Testperson-Canary"


def send_signal() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def test_a_signal_lets_tasks_finish_what_they_have_in_hand(
    captured_log: CapturedLog,
) -> None:
    stop = asyncio.Event()
    steps: list[str] = []

    async def worker() -> None:
        send_signal()
        await stop.wait()
        steps.append("told")
        await asyncio.sleep(0.02)
        steps.append("finished")

    await supervise(worker(), stop=stop, on_stop=lambda: steps.append("not ready"))
    assert set(steps[:2]) == {"not ready", "told"}
    assert steps[2] == "finished"
    assert captured_log.events("process.signal_received")[0]["signal"] == "SIGTERM"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


async def test_the_failure_of_one_lets_the_others_finish(captured_log: CapturedLog) -> None:
    stop = asyncio.Event()
    has_finished = False

    async def failing() -> None:
        raise ValueError(CANARY)

    async def working() -> None:
        nonlocal has_finished
        await stop.wait()
        await asyncio.sleep(0.01)
        has_finished = True

    with pytest.raises(ExceptionGroup) as caught:
        await supervise(failing(), working(), stop=stop)
    assert [type(one) for one in caught.value.exceptions] == [ValueError]
    assert has_finished


async def test_a_task_that_does_not_finish_is_cancelled_at_the_limit(
    captured_log: CapturedLog,
) -> None:
    stop = asyncio.Event()
    was_cancelled = asyncio.Event()

    async def stubborn() -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    await supervise(stubborn(), stop=stop, drain_seconds=0.02)
    assert was_cancelled.is_set()
    assert captured_log.events("process.drain_limit_reached")


async def test_a_second_signal_does_not_wait_for_the_limit(captured_log: CapturedLog) -> None:
    async def stubborn() -> None:
        send_signal()
        await asyncio.sleep(0.01)
        send_signal()
        await asyncio.Event().wait()

    async with asyncio.timeout(30):
        await supervise(stubborn(), stop=asyncio.Event(), drain_seconds=60)
    assert [line["is_repeated"] for line in captured_log.events("process.signal_received")] == [
        False,
        True,
    ]


async def test_a_stalled_worker_ends_the_process_as_a_failure(captured_log: CapturedLog) -> None:
    now = [0.0]
    watchdog = ProgressWatchdog("relay", limit_seconds=120, monotonic=lambda: now[0])
    watchdog.lag_is(1)

    async def hanging() -> None:
        now[0] = 121.0
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await supervise(
            hanging(),
            stop=asyncio.Event(),
            drain_seconds=0.01,
            watchdogs=[watchdog],
            watch_seconds=0.001,
        )
    (stalled,) = caught.value.exceptions
    assert isinstance(stalled, WorkerStalled)
    assert stalled.worker == "relay"
    assert captured_log.events("worker.stalled")[0]["worker"] == "relay"


async def test_a_worker_that_progresses_is_left_alone() -> None:
    now = [0.0]
    watchdog = ProgressWatchdog("relay", limit_seconds=120, monotonic=lambda: now[0])

    async def working() -> None:
        for _ in range(20):
            watchdog.lag_is(5)
            now[0] += 100
            watchdog.advanced()
            await asyncio.sleep(0.001)

    await supervise(working(), stop=asyncio.Event(), watchdogs=[watchdog], watch_seconds=0.0001)


async def test_a_task_that_ignores_its_cancellation_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, captured_log: CapturedLog
) -> None:
    monkeypatch.setattr("matricula_chassis.runtime.supervision._CANCEL_SECONDS", 0.01)
    release = asyncio.Event()
    stop = asyncio.Event()
    stop.set()

    async def deaf() -> None:
        for _ in range(100):  # deaf, but not for ever: a failure must not hang the run
            if release.is_set():
                return
            with suppress(asyncio.CancelledError, TimeoutError):
                async with asyncio.timeout(0.02):
                    await release.wait()

    await supervise(deaf(), stop=stop, drain_seconds=0.01, end_process=release.set)
    assert release.is_set()
    assert captured_log.events("process.tasks_ignore_cancellation")


async def test_tasks_that_end_by_themselves_end_the_supervision() -> None:
    stop = asyncio.Event()

    async def short() -> None:
        return

    async with asyncio.timeout(30):
        await supervise(short(), short(), stop=stop)
    assert not stop.is_set()
