"""The relay: publishes the outbox of one service to Kafka, in order per key, at least once.

It reads, sends with no transaction open, then marks. A crash between the last two sends again;
the inbox absorbs that. It never drops a row and never holds one key's events in two requests.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import orjson
import structlog

from matricula_chassis.clock import Clock
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.db.outbox import BUCKETS
from matricula_chassis.db.sql import query
from matricula_chassis.messaging import metrics
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.buckets import BucketLocks
from matricula_chassis.messaging.connections import connect_directly
from matricula_chassis.messaging.producer import (
    UNKNOWN_TOPIC,
    WITHHELD,
    OutgoingRecord,
    RecordProducer,
    SendFault,
)

declare_crash_points("relay.after_read", "relay.after_send_before_mark", "relay.after_mark")

_LOG: Final = structlog.get_logger()
_PACKAGE: Final = "matricula_chassis.messaging"
_CONNECTION_FAULTS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """How a relay paces itself; times in seconds. `batch` is how many rows it reads at once.

    A topic that does not exist may be about to be made: it counts as permanent only after
    `unknown_topic_attempts`.
    """

    batch: int = 2048
    busy_pause: float = 0.005
    idle_pause: float = 0.2
    balance_every: float = 1.0
    gauges_every: float = 5.0
    delivery_timeout: float = 10.0
    unknown_topic_attempts: int = 10
    backoff: Backoff = field(default_factory=Backoff)


class Relay:
    """Publishes until told to stop; several may run, each with its share of the buckets."""

    def __init__(
        self,
        database_url: str,
        kafka_bootstrap: str,
        *,
        service: str,
        clock: Clock,
        settings: RelaySettings | None = None,
    ) -> None:
        self._url = database_url
        self._bootstrap = kafka_bootstrap
        self._name = f"{service}-relay"
        self._clock = clock
        self._settings = settings or RelaySettings()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for rows at once: for a process that shares the relay with who writes them."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set; faults of database and broker are waited out."""
        failures = 0
        async with RecordProducer(
            self._bootstrap,
            client_id=self._name,
            delivery_timeout=self._settings.delivery_timeout,
        ) as producer:
            while not stop.is_set():
                try:
                    await self._run_connected(producer, stop)
                    failures = 0
                except _CONNECTION_FAULTS as error:
                    _LOG.warning("relay.database_lost", error=type(error).__name__)
                    await self._pause(self._settings.backoff.delay(min(failures, 4)), stop)
                    failures += 1
                finally:
                    metrics.RELAY_BUCKETS.set(0)

    async def _run_connected(self, producer: RecordProducer, stop: asyncio.Event) -> None:
        connection = await connect_directly(self._url, application_name=self._name)
        try:
            session = _Session(connection, producer, clock=self._clock, settings=self._settings)
            await session.locks.join()
            await self._loop(session, stop)
        finally:
            await _close(connection)

    async def _loop(self, session: "_Session", stop: asyncio.Event) -> None:
        settings, now = self._settings, asyncio.get_running_loop().time
        pause, balanced, gauged, unreachable = settings.busy_pause, -1e9, -1e9, 0
        while not stop.is_set():
            if now() - balanced >= settings.balance_every:
                await session.flush()
                await session.locks.balance()
                balanced = now()
                metrics.RELAY_BUCKETS.set(len(session.locks.held))
            if now() - gauged >= settings.gauges_every:
                await session.gauge()
                gauged = now()
            result = await session.publish_batch()
            if result.is_full:
                continue
            if result.is_unreachable:
                await self._pause(Backoff(0.2, 5.0).delay(unreachable), stop)
                unreachable += 1
                continue
            unreachable = 0
            pause = settings.busy_pause if result.sent else min(pause * 2, settings.idle_pause)
            await self._pause(pause, stop)
        await session.flush()

    async def _pause(self, seconds: float, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait(
                {stopping, waking}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stopping.cancel()
            waking.cancel()
            self._wake.clear()


@dataclass(frozen=True, slots=True)
class _Batch:
    sent: int
    is_full: bool = False
    is_unreachable: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    seq: int
    bucket: int
    record: OutgoingRecord
    attempts: int


class _Session:
    """One connection's worth of relaying: its locks, its reads, its marks."""

    def __init__(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        producer: RecordProducer,
        *,
        clock: Clock,
        settings: RelaySettings,
    ) -> None:
        self.locks = BucketLocks(connection)
        self._connection = connection
        self._producer = producer
        self._clock = clock
        self._settings = settings
        self._share = max(1, settings.batch // BUCKETS)
        self._is_full = False
        self._sent: list[int] = []
        self._following: list[_Row] = []

    async def publish_batch(self) -> _Batch:
        """Send what is due and mark what was acknowledged; postpone the rest.

        While a full batch is on its way the database is not idle: the batch before is marked and
        the next one read.
        """
        rows, self._following = self._following or await self._read(()), []
        crash_point("relay.after_read")
        if not rows:
            return _Batch(0)
        with metrics.RELAY_BATCH.time():
            outcomes = await self._send(rows)
            crash_point("relay.after_send_before_mark")
            self._sent = [r.seq for r, fault in zip(rows, outcomes, strict=True) if fault is None]
            sent = len(self._sent)
            if sent < len(rows):
                self._following = []  # it may hold later events of a key that is now withheld
            is_unreachable = await self._postpone(rows, outcomes) if sent < len(rows) else False
            if not self._following:
                await self.flush()
            crash_point("relay.after_mark")
        return _Batch(sent, is_full=bool(self._following), is_unreachable=is_unreachable)

    async def flush(self) -> None:
        """Mark what was sent and forget what was read ahead: then nothing is in flight."""
        self._following = []
        sent, self._sent = self._sent, []
        if sent:
            await self._connection.execute(
                query(_PACKAGE, "relay_mark_published"), sent, self._clock.now()
            )
            metrics.RELAY_PUBLISH.labels("published").inc(len(sent))

    async def _send(self, rows: Sequence[_Row]) -> list[SendFault | None]:
        sending = asyncio.ensure_future(self._producer.send([row.record for row in rows]))
        try:
            await self.flush()
            if self._is_full:
                self._following = await self._read([row.seq for row in rows])
            return await sending
        finally:
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})

    async def gauge(self) -> None:
        """Bring the gauges of the outbox up to date."""
        row = await self._connection.fetchrow(query(_PACKAGE, "relay_gauges"))
        if row is None:
            return
        oldest: datetime | None = row["oldest"]
        age = (self._clock.now() - oldest).total_seconds() if oldest else 0.0
        metrics.OUTBOX_OLDEST_AGE.set(max(0.0, age))
        metrics.OUTBOX_BACKLOG.set(row["backlog"])
        metrics.OUTBOX_PARKED_KEYS.set(row["parked"])

    async def _read(self, in_flight: Sequence[int]) -> list[_Row]:
        """Read the next rows, sharing the batch among the buckets that have the most to send."""
        found = await self._connection.fetch(
            query(_PACKAGE, "relay_read"),
            self.locks.held,
            self._clock.now(),
            self._share,
            in_flight,
        )
        rows = [_row(record) for record in found]
        full = sum(count >= self._share for count in Counter(row.bucket for row in rows).values())
        self._is_full = full > 0
        self._share = max(1, self._settings.batch // (full or BUCKETS))
        return rows

    async def _postpone(self, rows: Iterable[_Row], outcomes: Iterable[SendFault | None]) -> bool:
        """Return whether nothing but the broker is at fault; then no row is touched."""
        faults = [
            (row, fault)
            for row, fault in zip(rows, outcomes, strict=True)
            if fault is not None and fault is not WITHHELD
        ]
        for _, fault in faults:
            metrics.RELAY_PUBLISH.labels(fault.reason).inc()
        if not self._sent and all(fault.is_everywhere for _, fault in faults):
            return True
        now = self._clock.now()
        first: dict[tuple[str, bytes], tuple[_Row, SendFault]] = {}
        for row, fault in faults:
            first.setdefault((row.record.topic, row.record.key), (row, fault))
        passing = [row for row, fault in first.values() if not self._is_permanent(row, fault)]
        await self._connection.execute(
            query(_PACKAGE, "relay_postpone"),
            [row.seq for row in passing],
            [now + timedelta(seconds=self._settings.backoff.delay(r.attempts)) for r in passing],
        )
        for row, fault in first.values():
            if self._is_permanent(row, fault):
                await self._park(row, fault, now)
        return False

    def _is_permanent(self, row: _Row, fault: SendFault) -> bool:
        if fault is UNKNOWN_TOPIC:
            return row.attempts >= self._settings.unknown_topic_attempts
        return fault.is_permanent

    async def _park(self, row: _Row, fault: SendFault, now: datetime) -> None:
        async with self._connection.transaction():
            await self._connection.execute(
                query(_PACKAGE, "relay_dead_letter"), row.seq, fault.reason, now
            )
            await self._connection.execute(query(_PACKAGE, "relay_park"), row.seq)
        metrics.DEAD_LETTERS.labels("relay", fault.reason).inc()
        _LOG.error("relay.key_parked", topic=row.record.topic, seq=row.seq, reason=fault.reason)


def _row(found: asyncpg.Record) -> _Row:
    headers = orjson.loads(found["headers"])
    record = OutgoingRecord(
        topic=found["topic"],
        key=found["key"].encode(),
        value=found["payload"],
        headers=[(name, text.encode()) for name, text in headers.items()],
        header_bytes=len(found["headers"]),
    )
    return _Row(found["seq"], found["bucket"], record, found["attempts"])


async def _close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.close(timeout=5)
    except _CONNECTION_FAULTS:
        connection.terminate()
