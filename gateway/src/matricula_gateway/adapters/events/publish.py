"""Brings the spool to the topic: at least once, in order, each record with the id it was born with.

Must not write decisions.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter, Gauge

from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_gateway.adapters.events.reader import Batch, SpoolReader
from matricula_gateway.application.decisions import SOURCE, TOPIC, TYPE

PUBLISHED: Final = Counter(
    "matricula_gateway_decisions_published", "Decisions that the broker has acknowledged."
)
PUBLISH_FAILURES: Final = Counter(
    "matricula_gateway_publish_failures", "Batches that the broker did not acknowledge."
)
TORN: Final = Gauge(
    "matricula_gateway_spool_torn_records", "Torn ends of segments that were passed over."
)

_BATCH: Final = 500
_IDLE_SECONDS: Final = 0.1
_GATHER_SECONDS: Final = 0.02
"""Between batches, so that a trickle of decisions does not become as many requests."""
_BACKOFF_FIRST: Final = 0.2
_BACKOFF_LIMIT: Final = 10.0

log = structlog.get_logger()


class Publisher(Protocol):
    """Publishes envelopes; raises Unavailable when any was not acknowledged."""

    def publish(self, envelopes: Sequence[Envelope]) -> Awaitable[None]:
        """Return once all are acknowledged."""
        ...


def envelopes_of(batch: Batch) -> list[Envelope]:
    """Return the events of spooled decisions.

    An event keeps the id that its record was born with. Its stream is the spool and its sequence
    the record's number, which has no gaps: whoever reads the topic can see that none is missing.
    """
    return [
        _envelope(payload, spool=batch.spool, number=batch.first + index)
        for index, payload in enumerate(batch.payloads)
    ]


def _envelope(payload: bytes, *, spool: UUID, number: int) -> Envelope:
    record: dict[str, Any] = orjson.loads(payload)
    return Envelope(
        id=UUID(record["id"]),
        source=SOURCE,
        type=TYPE,
        subject=str(spool),
        time=datetime.fromisoformat(record["time"]),
        sequence=number + 1,
        correlation_id=record["correlation_id"],
        causation_id=None,
        traceparent=record["traceparent"],
        topic=TOPIC,
        data=record["data"],
    )


async def publish_spool(
    reader: SpoolReader,
    publisher: Publisher,
    *,
    stop: asyncio.Event,
    watchdog: ProgressWatchdog,
) -> None:
    """Publish until `stop`; a batch that is under way is finished first.

    While the broker does not answer, records stay in the spool and the same batch is tried again.
    """
    backoff = _BACKOFF_FIRST
    while not stop.is_set():
        batch = reader.read(_BATCH)
        TORN.set(reader.torn)
        if batch is None:
            watchdog.lag_is(0)
            await _pause(stop, _IDLE_SECONDS)
            continue
        watchdog.lag_is(len(batch.payloads))
        try:
            await publisher.publish(envelopes_of(batch))
        except Unavailable as error:
            PUBLISH_FAILURES.inc()
            log.warning("spool.not_published", reason=error.context.get("reason"))
            await _pause(stop, backoff)
            backoff = min(2 * backoff, _BACKOFF_LIMIT)
            continue
        backoff = _BACKOFF_FIRST
        reader.acknowledge(batch)
        PUBLISHED.inc(len(batch.payloads))
        watchdog.advanced(len(batch.payloads))
        if len(batch.payloads) < _BATCH:
            await _pause(stop, _GATHER_SECONDS)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
