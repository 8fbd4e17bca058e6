"""Sends records to Kafka: idempotent, `acks=all`, one batch in flight for each partition.

Order is kept per key, because a key has one partition and a later batch of a partition is sent
only after the earlier one was acknowledged; a batch is written whole or not at all. It decides
nothing about retries over time: callers get an outcome for every record.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from zlib import crc32

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerClosed,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging.envelope import Envelope, Headers
from matricula_chassis.messaging.metrics import PRODUCER_REBUILDS

_LOG: Final = structlog.get_logger()
_MAX_BATCH_BYTES: Final = 384 * 1024
MAX_RECORD_BYTES: Final = 900 * 1024
"""Below the broker's default `message.max.bytes`, with room for the batch around the record."""
_RECORD_OVERHEAD: Final = 64
_TOO_LARGE: Final = (MessageSizeTooLargeError, RecordListTooLargeError)
_HOPELESS: Final = (*_TOO_LARGE, InvalidTopicError, TopicAuthorizationFailedError)

Lane = tuple[str, int]  # topic and partition


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """One record to send. Records with the same topic and key keep their order.

    `header_bytes` is about what the headers take; more than the truth does no harm.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    header_bytes: int

    def size(self) -> int:
        """Return about how many bytes the record takes in a batch."""
        return len(self.key) + len(self.value) + self.header_bytes + _RECORD_OVERHEAD


@dataclass(frozen=True, slots=True)
class SendFault:
    """Why a record was not acknowledged. `reason` is a code fit for a metric's label.

    A permanent fault lies in the record; any other may pass. `is_everywhere`: no broker answered.
    "withheld": an earlier record of the same partition or key failed. A record with a fault may
    have arrived all the same.
    """

    reason: str
    is_permanent: bool = False
    is_everywhere: bool = False


TOO_LARGE: Final = SendFault("too-large", is_permanent=True)
WITHHELD: Final = SendFault("withheld")
UNREACHABLE: Final = SendFault("broker-unreachable", is_everywhere=True)
UNKNOWN_TOPIC: Final = SendFault("unknown-topic")

Outcome = SendFault | None


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as librdkafka's `consistent` partitioner chooses it."""
    return crc32(key) % partitions


class RecordProducer:
    """An async context manager over one producer, which it replaces when in doubt about it.

    `delivery_timeout` is in seconds; aiokafka by itself would retry for ever. Calls of `send`
    are served one after the other.
    """

    def __init__(self, bootstrap: str, *, client_id: str, delivery_timeout: float = 10.0) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._timeout = delivery_timeout
        self._producer: AIOKafkaProducer | None = None
        self._sending = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; what was not acknowledged by now has failed."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _abandon(producer, self._timeout)

    async def send(self, records: Sequence[OutgoingRecord]) -> list[Outcome]:
        """Send the records and return an outcome for each: None when it was acknowledged."""
        async with self._sending:
            try:
                producer = await self._ready()
            except (KafkaError, OSError) as error:
                _LOG.warning("producer.not_connected", error=type(error).__name__)
                return [UNREACHABLE] * len(records)
            sending = _Sending(producer, records, self._timeout)
            try:
                await sending.run()
            except BaseException:
                await self.close()
                raise
            if sending.is_in_doubt:
                PRODUCER_REBUILDS.inc()
                await self.close()
            return sending.outcomes

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                max_batch_size=_MAX_BATCH_BYTES,
                request_timeout_ms=int(self._timeout * 1000),
                retry_backoff_ms=100,
            )
            try:
                async with asyncio.timeout(self._timeout):
                    await producer.start()
            except BaseException:
                await _abandon(producer, self._timeout)
                raise
            self._producer = producer
        return self._producer


class _Sending:
    """One call of `send`: waves of at most one batch for each partition."""

    def __init__(
        self, producer: AIOKafkaProducer, records: Sequence[OutgoingRecord], timeout: float
    ) -> None:
        self.outcomes: list[Outcome] = [UNREACHABLE] * len(records)
        self.is_in_doubt = False
        self._producer = producer
        self._records = records
        self._timeout = timeout
        self._lanes: dict[Lane, list[int]] = {}

    async def run(self) -> None:
        await self._sort_into_lanes()
        while self._lanes and not self.is_in_doubt:
            await self._send_wave()
        for indices in self._lanes.values():
            self._settle(indices, UNREACHABLE)

    async def _sort_into_lanes(self) -> None:
        counts: dict[str, int | SendFault] = {}
        for index, record in enumerate(self._records):
            if record.size() > MAX_RECORD_BYTES:
                self.outcomes[index] = TOO_LARGE
                continue
            count = counts.get(record.topic)
            if count is None:
                count = counts[record.topic] = await self._partitions(record.topic)
            if isinstance(count, SendFault):
                self.outcomes[index] = count
            else:
                lane = (record.topic, partition_of(record.key, count))
                self._lanes.setdefault(lane, []).append(index)
        self._withhold_after_too_large()

    def _withhold_after_too_large(self) -> None:
        # A later event of a key must not overtake one that cannot be sent.
        barred = {
            (record.topic, record.key)
            for record, outcome in zip(self._records, self.outcomes, strict=True)
            if outcome is TOO_LARGE
        }
        if not barred:
            return
        seen: set[tuple[str, bytes]] = set()
        for index, record in enumerate(self._records):
            name = (record.topic, record.key)
            if self.outcomes[index] is TOO_LARGE:
                seen.add(name)
            elif name in seen:
                self.outcomes[index] = WITHHELD
        for lane, indices in list(self._lanes.items()):
            self._keep(lane, [i for i in indices if self.outcomes[i] is not WITHHELD])

    async def _partitions(self, topic: str) -> int | SendFault:
        cluster = self._producer.client.cluster
        found: Collection[int] | None = cluster.partitions_for_topic(topic)
        if found:
            return len(found)
        try:
            async with asyncio.timeout(self._timeout):
                await self._producer.client.add_topic(topic)
                refreshed = await self._producer.client.force_metadata_update()
        except (KafkaError, TimeoutError):
            return UNREACHABLE
        found = cluster.partitions_for_topic(topic)
        if found:
            return len(found)
        return UNKNOWN_TOPIC if refreshed else UNREACHABLE

    async def _send_wave(self) -> None:
        flights: dict[asyncio.Future[Any], tuple[Lane, list[int]]] = {}
        try:
            async with asyncio.timeout(self._timeout):
                for lane in list(self._lanes):
                    batch, taken = self._batch(self._lanes[lane])
                    flight = await self._producer.send_batch(batch, lane[0], partition=lane[1])
                    flight.add_done_callback(_consume)  # also when nobody waits any more
                    flights[flight] = (lane, taken)
                await asyncio.wait(flights)
        except (KafkaError, TimeoutError):
            self.is_in_doubt = True
        for flight, (lane, taken) in flights.items():
            self._land(flight, lane, taken)

    def _batch(self, indices: list[int]) -> tuple[Any, list[int]]:
        batch = self._producer.create_batch()
        taken: list[int] = []
        room = _MAX_BATCH_BYTES
        for index in indices:
            record = self._records[index]
            room -= record.size()
            if taken and room < 0:
                break
            batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
            taken.append(index)
        batch.close()
        return batch, taken

    def _land(self, flight: asyncio.Future[Any], lane: Lane, taken: list[int]) -> None:
        if not flight.done():
            return
        error = flight.exception()
        if error is None:
            self._settle(taken, None)
            self._keep(lane, self._lanes[lane][len(taken) :])
            return
        # After any refusal the sequence numbers of the partition are in doubt: the producer is
        # replaced rather than asked again (aiokafka issue 1017).
        self.is_in_doubt = True
        _LOG.warning("producer.batch_refused", error=type(error).__name__)
        if isinstance(error, _HOPELESS) and len(taken) == 1:
            self._settle(taken, SendFault(_reason(error), is_permanent=True))
        else:
            self._settle(taken, SendFault(_reason(error)))
        self._settle(self._lanes.pop(lane)[len(taken) :], WITHHELD)

    def _keep(self, lane: Lane, indices: list[int]) -> None:
        if indices:
            self._lanes[lane] = indices
        else:
            self._lanes.pop(lane, None)

    def _settle(self, indices: Iterable[int], outcome: Outcome) -> None:
        for index in indices:
            self.outcomes[index] = outcome


class EventPublisher:
    """Publishes envelopes at once, without an outbox: for a spool that keeps them until then."""

    def __init__(self, bootstrap: str, *, client_id: str, delivery_timeout: float = 10.0) -> None:
        self._producer = RecordProducer(
            bootstrap, client_id=client_id, delivery_timeout=delivery_timeout
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._producer.close()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Send all the events in order per subject; return once Kafka has acknowledged them.

        Raises Unavailable ("broker-unavailable") when any was not acknowledged. Publish the same
        envelopes again then: consumers know them by their id.
        """
        records = [_outgoing(envelope) for envelope in envelopes]
        faults = [fault for fault in await self._producer.send(records) if fault is not None]
        if faults:
            raise Unavailable(
                "broker-unavailable",
                reason=faults[0].reason,
                failed=len(faults),
                is_permanent=any(fault.is_permanent for fault in faults),
            )


def _outgoing(envelope: Envelope) -> OutgoingRecord:
    headers = envelope.to_headers()
    return OutgoingRecord(
        topic=envelope.topic,
        key=envelope.key,
        value=envelope.value(),
        headers=headers,
        header_bytes=sum(len(name) + len(value) + 4 for name, value in headers),
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, _TOO_LARGE):
        return TOO_LARGE.reason
    return "unauthorised-topic" if isinstance(error, _HOPELESS) else "refused-by-broker"


def _consume(flight: "asyncio.Future[Any]") -> None:
    if not flight.cancelled():
        flight.exception()


async def _abandon(producer: AIOKafkaProducer, patience: float) -> None:
    # stop() flushes, and an idempotent producer flushes for ever while no broker answers. So its
    # pending batches are failed first; there is no public way to do that.
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
    try:
        async with asyncio.timeout(patience):
            await producer.client.close()
            await producer.stop()
    except (TimeoutError, KafkaError, KeyError) as error:
        # KeyError: aiokafka puts back batches of a partition that it has forgotten meanwhile.
        _LOG.warning("producer.not_closed_cleanly", error=type(error).__name__)
