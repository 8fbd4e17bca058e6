"""Builders and readers for tests of messaging: events, records, topics, what stands on the wire.

The fake unit of work and its suite are in `units_of_work`; crash points are armed with
`matricula_chassis.messaging.armed_crash_point` or, for a process, with CRASH_VARIABLE.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from matricula_chassis.db.crash_points import VARIABLE as CRASH_VARIABLE
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope, Headers
from matricula_chassis.messaging.producer import partition_of
from matricula_chassis.messaging.topics import TopicSpec, ensure_topics

__all__ = [
    "CRASH_VARIABLE",
    "Record",
    "Wire",
    "an_envelope",
    "make_topic",
    "make_wire",
    "produce",
    "read_topic",
    "record_of",
    "until",
]

_IDS: Final = SystemIds()
_READ_MS: Final = 500
_REQUEST_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as a consumer sees it. `timestamp` is in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


def an_envelope(
    subject: str = "a",
    sequence: int = 1,
    *,
    topic: str = "sample.aggregate",
    event_type: str = "sample.aggregate.changed.v1",
    event_id: UUID | None = None,
    data: dict[str, Any] | None = None,
) -> Envelope:
    """Return a well-formed event with a fresh id."""
    return Envelope(
        id=event_id or _IDS.uuid7(),
        source="/services/sample-service",
        type=event_type,
        subject=subject,
        time=datetime.now(UTC),
        sequence=sequence,
        correlation_id=str(_IDS.uuid7()),
        causation_id=None,
        traceparent=None,
        topic=topic,
        data=data or {"id": subject, "version": sequence, "audit": {}},
    )


def record_of(envelope: Envelope, offset: int, *, partition: int = 0) -> Record:
    """Return the record that the envelope travels in."""
    return Record(
        topic=envelope.topic,
        partition=partition,
        offset=offset,
        timestamp=int(envelope.time.timestamp() * 1000),
        key=envelope.key,
        value=envelope.value(),
        headers=list(envelope.to_headers()),
    )


@dataclass(frozen=True, slots=True)
class Wire:
    """A topic of a test's own."""

    bootstrap: str
    topic: str
    partitions: int

    async def read(self) -> list[Record]:
        """Return every record that the topic holds now."""
        return await read_topic(self.bootstrap, self.topic, partitions=self.partitions)

    async def produce(self, records: Sequence[tuple[bytes | None, bytes | None, Headers]]) -> None:
        """Put raw records (key, value, headers) on the topic, whatever is in them."""
        await produce(self.bootstrap, self.topic, records, partitions=self.partitions)


async def make_wire(bootstrap: str, *, partitions: int = 2) -> Wire:
    """Make a topic of this test's own."""
    return Wire(bootstrap, await make_topic(bootstrap, partitions=partitions), partitions)


async def until(condition: Callable[[], Awaitable[bool]], *, patience: float = 60.0) -> None:
    """Wait until a condition of the outside world holds; TimeoutError after `patience` seconds."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 - no event tells of another process's work
            await asyncio.sleep(0.02)


async def make_topic(bootstrap: str, *, partitions: int = 2, prefix: str = "sample") -> str:
    """Make a topic of this test's own and return its name."""
    name = f"{prefix}.{_IDS.uuid7().hex}"
    await ensure_topics(bootstrap, [TopicSpec(name, partitions)])
    return name


async def produce(
    bootstrap: str,
    topic: str,
    records: Sequence[tuple[bytes | None, bytes | None, Headers]],
    *,
    partitions: int,
) -> None:
    """Put raw records (key, value, headers) on a topic, whatever is in them."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=2, request_timeout_ms=_REQUEST_MS
    )
    await producer.start()
    try:
        for key, value, headers in records:
            await producer.send(
                topic,
                key=key,
                value=value,
                headers=headers,
                partition=partition_of(key or b"", partitions),
            )
        await producer.flush()
    finally:
        await producer.stop()


async def read_topic(bootstrap: str, topic: str, *, partitions: int) -> list[Record]:
    """Return every record that the topic holds now, partition by partition, in offset order."""
    # Not `seek_to_beginning`: the reset to the end that a new assignment brings may overtake it.
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=_REQUEST_MS,
    )
    await kafka.start()
    found: list[Record] = []
    try:
        lanes = [TopicPartition(topic, number) for number in range(partitions)]
        kafka.assign(lanes)
        ends = await kafka.end_offsets(lanes)
        while any([await kafka.position(lane) < ends[lane] for lane in lanes]):
            for records in (await kafka.getmany(timeout_ms=_READ_MS)).values():
                found.extend(_copy(record) for record in records)
    finally:
        await kafka.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


def _copy(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
    )
