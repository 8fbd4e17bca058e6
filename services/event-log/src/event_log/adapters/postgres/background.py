"""Paces the work that goes on behind requests and sealing: exports, completeness."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge

from event_log.adapters.postgres.completeness import completeness_store
from event_log.application.check_completeness import check_completeness
from event_log.application.work_exports import ExportWorker
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database

log = structlog.get_logger()

SEQUENCE_GAPS: Final = Gauge(
    "event_log_sequence_gaps", "Runs of sequence numbers that the log never got."
)
EXPORTS_FAILED: Final = Counter("event_log_exports_failed", "Exports that could not be built.")
_EXPORT_PAUSE: Final = 1.0
_COMPLETENESS_RUN: Final = 4096
_COMPLETENESS_PAUSE: Final = 5.0
_COMPLETENESS_REST: Final = 0.5


async def work_exports(worker: ExportWorker, stop: asyncio.Event) -> None:
    """Build exports until told to stop."""

    async def work() -> bool:
        try:
            return await worker.work_once()
        except Exception as error:  # noqa: BLE001 - one export fails, the others go on
            EXPORTS_FAILED.inc()
            log.warning("export.failed", error=type(error).__name__)
            return False

    await _repeat(work, stop, pause=_EXPORT_PAUSE, pause_after_work=0.0)


async def watch_completeness(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Account for the producers' numbering, behind the sealer, until told to stop."""

    async def look() -> bool:
        try:
            return await examine(database, clock)
        except Exception as error:  # noqa: BLE001 - it is looked at again; sealing goes on
            log.warning("completeness.interrupted", error=type(error).__name__)
            return False

    await _repeat(look, stop, pause=_COMPLETENESS_PAUSE, pause_after_work=_COMPLETENESS_REST)


async def examine(database: Database, clock: Clock) -> bool:
    """Examine the next run of positions; say whether there was one."""
    async with completeness_store(database) as store:
        did = await check_completeness(store, now=clock.now(), limit=_COMPLETENESS_RUN)
        missing, _examined = await store.totals()
    SEQUENCE_GAPS.set(missing)
    return did


async def completeness_report(database: Database, clock: Clock, *, limit: int) -> dict[str, Any]:
    """Examine what is left, then return what never arrived, `limit` runs of it at most."""
    while await examine(database, clock):
        pass
    async with completeness_store(database) as store:
        found = await store.gaps(limit)
        missing, examined = await store.totals()
    return {
        "complete": missing == 0,
        "examined": examined,
        "gaps": missing,
        "missing": [
            {
                "topic": key.topic,
                "subject": key.subject,
                "first": first,
                "last": last,
                "found_at": at.isoformat(),
            }
            for key, first, last, at in found
        ],
    }


async def _repeat(
    work: Callable[[], Awaitable[bool]],
    stop: asyncio.Event,
    *,
    pause: float,
    pause_after_work: float,
) -> None:
    while not stop.is_set():
        did = await work()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause_after_work if did else pause)
