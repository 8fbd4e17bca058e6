"""The sealer's loop: takes the lock, seals, has the marks signed, and waits out faults.

What to seal and what to sign is decided elsewhere; here is only pace, recovery and report.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from event_log.adapters.postgres.sealing import SealingStore, sealing_connection
from event_log.application.seal_batch import seal_batch
from event_log.domain.merkle import GrowingTree
from event_log.domain.notes import Checkpoint
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.errors import Unavailable
from matricula_chassis.observability.progress import ProgressWatchdog

declare_crash_points("sealer.after_batch_commit", "sealer.after_sign")

log = structlog.get_logger()

EVENTS_SEALED: Final = Counter("event_log_events_sealed", "Events given a position in the log.")
EVENTS_REPEATED: Final = Counter("event_log_events_repeated", "Arrivals the log held already.")
LOG_SIZE: Final = Gauge("event_log_size", "Size of the newest signed checkpoint, in events.")
OLDEST_UNSEALED: Final = Gauge(
    "event_log_oldest_unsealed_age_seconds", "How long the oldest arrival has waited."
)
IS_ACTIVE: Final = Gauge("event_log_sealer_active", "1 in the process that holds the lock.")

_PASSING: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Unavailable)

Sign = Callable[[], Awaitable[Checkpoint | None]]


@dataclass(frozen=True, slots=True)
class SealerSettings:
    """Pace of the sealer; times in seconds."""

    batch: int = 4096
    idle_pause: float = 0.5
    standby_pause: float = 1.0
    fault_pause: float = 1.0
    look_back_every: float = 1.0


class Sealer:
    """The one active sealer, or one that stands by."""

    def __init__(
        self, database_url: str, *, sign: Sign, settings: SealerSettings | None = None
    ) -> None:
        self._url = database_url
        self._sign = sign
        self._settings = settings or SealerSettings()
        self.watchdog = ProgressWatchdog("sealer")

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until told to stop. Faults of the database are waited out.

        Raises LogForkedError when the log contradicts what was signed: a person must look.
        """
        while not stop.is_set():
            try:
                async with sealing_connection(self._url) as store:
                    await self._with_connection(store, stop)
            except _PASSING as error:
                log.warning("sealer.interrupted", error=type(error).__name__)
                await _pause(stop, self._settings.fault_pause)
            finally:
                IS_ACTIVE.set(0)

    async def _with_connection(self, store: SealingStore, stop: asyncio.Event) -> None:
        while not await store.take_lock():
            await _pause(stop, self._settings.standby_pause)
            if stop.is_set():
                return
        tree = await store.load_tree()
        IS_ACTIVE.set(1)
        log.info("sealer.active", size=tree.size)
        await self._sign_all()
        await self._seal(store, tree, stop)

    async def _seal(self, store: SealingStore, tree: GrowingTree, stop: asyncio.Event) -> None:
        after, looked_back = 0, time.monotonic()
        while not stop.is_set():
            step = await seal_batch(store, tree, limit=self._settings.batch, after=after)
            crash_point("sealer.after_batch_commit")
            taken = 0
            if step is not None:
                batch, after = step
                taken = len(batch.arrivals) + len(batch.repeated)
                EVENTS_SEALED.inc(len(batch.arrivals))
                EVENTS_REPEATED.inc(len(batch.repeated))
                self.watchdog.advanced(taken)
                await self._sign_all()
            if step is None or time.monotonic() - looked_back > self._settings.look_back_every:
                after, looked_back = 0, time.monotonic()
                age = await store.oldest_unsealed_seconds()
                OLDEST_UNSEALED.set(age)
                self.watchdog.lag_is(1 if age else 0)
            if taken < self._settings.batch:
                await _pause(stop, self._settings.idle_pause)

    async def _sign_all(self) -> None:
        checkpoint = await self._sign()
        if checkpoint is None:
            return
        crash_point("sealer.after_sign")
        LOG_SIZE.set(checkpoint.size)
        log.info(
            "checkpoint.signed",
            origin=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root.hex(),
        )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
