"""Runs the tasks of a process together: signals, drain within a time limit, stalled workers.

When one fails, the others are told to stop and may finish what they have in hand. Nothing here
knows what the tasks do.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import structlog

from matricula_chassis.observability.progress import ProgressWatchdog

EXIT_CLEAN: Final = 0
EXIT_FAILURE: Final = 1
EXIT_BAD_CONFIGURATION: Final = 2

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_WATCH_SECONDS: Final = 1.0
_CANCEL_SECONDS: Final = 5.0

log = structlog.get_logger()


class WorkerEnded(Exception):  # noqa: N818 - named as the fact it states
    """A worker returned although nobody asked it to stop."""

    def __init__(self, worker: str) -> None:
        super().__init__("a worker ended by itself")
        self.worker = worker


class WorkerStalled(Exception):  # noqa: N818 - named as the fact it states
    """A worker had work and made no progress for longer than its limit."""

    def __init__(self, worker: str) -> None:
        super().__init__("a worker makes no progress")
        self.worker = worker


def _end_process() -> None:
    # Last resort: a task ignores its cancellation, and a hanging process helps nobody.
    os._exit(EXIT_FAILURE)


async def supervise(
    *tasks: Coroutine[Any, Any, None],
    stop: asyncio.Event,
    drain_seconds: float = 20.0,
    watchdogs: Sequence[ProgressWatchdog] = (),
    watch_seconds: float = _WATCH_SECONDS,
    on_stop: Callable[[], None] = lambda: None,
    end_process: Callable[[], None] = _end_process,
) -> None:
    """Run tasks until all are done; SIGTERM or SIGINT, or the failure of one, sets `stop`.

    After `stop` they have `drain_seconds`, then they are cancelled; a second signal cancels at
    once. Raises an ExceptionGroup of what failed. A stalled worker counts as a failure; if it
    does not even end when cancelled, the process ends with exit code 1.
    """
    failures: list[Exception] = []
    hurry = asyncio.Event()

    async def guarded(task: Coroutine[Any, Any, None]) -> None:
        try:
            await task
        except Exception as error:  # noqa: BLE001 - it is kept and raised below
            failures.append(error)
            stop.set()

    with _signals(stop, hurry):
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(guarded(task)) for task in tasks]
            guards = [
                group.create_task(_on_event(stop, on_stop)),
                group.create_task(guarded(_watch(watchdogs, stop=stop, every=watch_seconds))),
                group.create_task(
                    _limit(running, stop=stop, hurry=hurry, seconds=drain_seconds, end=end_process)
                ),
            ]
            await asyncio.wait(running)
            for guard in guards:
                guard.cancel()
    if failures:
        raise ExceptionGroup("tasks of the process failed", failures)


async def _on_event(event: asyncio.Event, action: Callable[[], None]) -> None:
    await event.wait()
    action()


async def _watch(
    watchdogs: Sequence[ProgressWatchdog], *, stop: asyncio.Event, every: float
) -> None:
    while not stop.is_set():
        for watchdog in watchdogs:
            if watchdog.is_stalled():
                log.error(
                    "worker.stalled",
                    worker=watchdog.worker,
                    stalled_seconds=round(watchdog.stalled_seconds(), 1),
                )
                raise WorkerStalled(watchdog.worker)
        await asyncio.sleep(every)


async def _limit(
    running: Sequence[asyncio.Task[None]],
    *,
    stop: asyncio.Event,
    hurry: asyncio.Event,
    seconds: float,
    end: Callable[[], None],
) -> None:
    await stop.wait()
    try:
        async with asyncio.timeout(seconds):
            await hurry.wait()
    except TimeoutError:
        log.warning("process.drain_limit_reached", drain_seconds=seconds)
    pending = [task for task in running if not task.done()]
    for task in pending:
        task.cancel()
    _, pending_still = await asyncio.wait(pending, timeout=_CANCEL_SECONDS)
    if pending_still:
        log.error("process.tasks_ignore_cancellation", count=len(pending_still))
        end()


@contextmanager
def _signals(stop: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def received(number: signal.Signals) -> None:
        log.info("process.signal_received", signal=number.name, is_repeated=stop.is_set())
        if stop.is_set():
            hurry.set()
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, received, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
