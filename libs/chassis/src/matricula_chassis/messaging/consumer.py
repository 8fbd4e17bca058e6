"""The consumer: reads partitions, hands batches to the applier, commits offsets after the database.

A passing fault pauses one partition while the others go on; a rebalance waits for the batch in
hand. It holds no rule of its own about effects or dead letters.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError

from matricula_chassis.clock import Clock
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging import metrics
from matricula_chassis.messaging.applier import (
    INBOX_WINDOW,
    MAX_ATTEMPTS,
    Applied,
    BatchHandler,
    EventApplier,
    Handler,
    Ordering,
    Subscription,
    UowFactory,
    WorkAhead,
)
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.circuit import Circuit, CircuitSettings
from matricula_chassis.messaging.dead_letter import PARKED_KEY
from matricula_chassis.observability.progress import ProgressWatchdog

declare_crash_points("consumer.after_commit_before_offset")

_LOG: Final = structlog.get_logger()
_CALL_SECONDS: Final = 10.0
_BROKER_FAULTS: Final = (KafkaError, ConsumerStoppedError, OSError)


class ConsumerStalled(Exception):  # noqa: N818 - named as the fact it states
    """Records wait and no offset has advanced for too long; the process should end."""

    def __init__(self, *, consumer: str, seconds: float) -> None:
        super().__init__("a consumer makes no progress although records wait")
        self.consumer = consumer
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """How a consumer paces itself; times in seconds.

    While records keep coming, offsets are committed every `offsets_every`; what a crash makes the
    next member read again, the inbox knows.
    """

    max_batch: int = 2000
    poll: float = 0.2
    session_timeout: float = 10.0
    heartbeat: float = 3.0
    max_poll_interval: float = 300.0
    offsets_every: float = 0.25
    lag_every: float = 5.0
    stall_limit: float = 120.0
    backoff: Backoff = field(default_factory=Backoff)
    circuit: CircuitSettings = field(default_factory=CircuitSettings)


@dataclass(slots=True)
class _Lane:
    """What is known of an assigned partition."""

    circuit: Circuit
    next_offset: int | None = None
    last_record_ms: int = 0
    failures: int = 0
    paused_until: float | None = None


class Consumer:
    """One member of the group `name`, over the given topics.

    What `handlers`, `batch_handler`, `ordering`, `inbox_window`, `max_attempts` and `work_ahead`
    mean is said at Subscription, which is `consumer.subscription` and what a Replay takes.
    """

    def __init__(
        self,
        *,
        name: str,
        topics: Sequence[str],
        uow_factory: UowFactory,
        kafka_bootstrap: str,
        clock: Clock,
        handlers: Mapping[str, Handler] | None = None,
        batch_handler: BatchHandler | None = None,
        ordering: Ordering = "per_key",
        inbox_window: timedelta = INBOX_WINDOW,
        max_attempts: int = MAX_ATTEMPTS,
        work_ahead: WorkAhead | None = None,
        settings: ConsumerSettings | None = None,
    ) -> None:
        self.subscription = Subscription(
            name=name,
            uow_factory=uow_factory,
            handlers=handlers or {},
            batch_handler=batch_handler,
            ordering=ordering,
            inbox_window=inbox_window,
            max_attempts=max_attempts,
            work_ahead=work_ahead,
        )
        self._name = name
        self._topics = list(topics)
        self._bootstrap = kafka_bootstrap
        self._clock = clock
        self._settings = settings or ConsumerSettings()
        self._applier = EventApplier(self.subscription, clock=clock)
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._offsets_due = 0.0
        self._generation = 0
        self._busy = asyncio.Lock()
        self._is_member = False
        self._watchdog = ProgressWatchdog(self._name, limit_seconds=self._settings.stall_limit)

    @property
    def name(self) -> str:
        """Return the name of the consumer, which is its group."""
        return self._name

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; faults of broker and database are waited out.

        Raises ConsumerStalled when nothing advances for `stall_limit` although records wait.
        """
        failures = 0
        while not stop.is_set():
            kafka = self._client()
            try:
                await _within(_CALL_SECONDS, kafka.start())
                failures = 0
                await self._consume(kafka, stop)
            except (*_BROKER_FAULTS, TimeoutError) as error:
                _LOG.warning("consumer.broker_lost", error=type(error).__name__)
                await _sleep_unless(stop, Backoff(0.2, 5.0).delay(failures))
                failures += 1
            finally:
                self._is_member = False
                self._uncommitted = {}
                await self._leave(kafka)

    async def check(self) -> None:
        """Raise Unavailable unless this is a member of its group; one without partitions is."""
        if not self._is_member:
            raise Unavailable("consumer-not-ready", consumer=self._name)

    def _client(self) -> AIOKafkaConsumer:
        settings = self._settings
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._name,
            client_id=self._name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.heartbeat * 1000),
            max_poll_interval_ms=int(settings.max_poll_interval * 1000),
            request_timeout_ms=int(max(_CALL_SECONDS, settings.session_timeout + 5) * 1000),
            metadata_max_age_ms=10_000,  # a topic that is made later is noticed soon
        )
        kafka.subscribe(topics=self._topics, listener=_Listener(self, kafka))
        return kafka

    async def _consume(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        watching = asyncio.ensure_future(self._watch(kafka))
        try:
            while not stop.is_set():
                if watching.done():
                    watching.result()
                await self._poll(kafka)
            async with self._busy:
                await self._commit_offsets(kafka)
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _poll(self, kafka: AIOKafkaConsumer) -> None:
        self._resume_due(kafka)
        got = await kafka.getmany(
            timeout_ms=int(self._settings.poll * 1000), max_records=self._settings.max_batch
        )
        generation = self._generation
        for partition, records in got.items():
            async with self._busy:
                if generation != self._generation:
                    return  # reassigned partitions are read again from their committed offset
                await self._process(kafka, partition, records)
        if not got or asyncio.get_running_loop().time() >= self._offsets_due:
            async with self._busy:
                await self._commit_offsets(kafka)

    async def _process(
        self, kafka: AIOKafkaConsumer, partition: TopicPartition, records: Sequence[Any]
    ) -> None:
        lane = self._lanes.get(partition)
        if lane is None or lane.paused_until is not None:
            return
        result = await self._applier.apply(records)
        crash_point("consumer.after_commit_before_offset")
        if result.next_offset > records[0].offset:
            lane.next_offset = result.next_offset
            lane.last_record_ms = records[-1].timestamp
            lane.failures = 0
            self._watchdog.advanced()
            metrics.LAST_PROGRESS.labels(self._name).set(self._clock.now().timestamp())
            self._uncommitted[partition] = result.next_offset
        self._judge(kafka, partition, lane, result)

    def _judge(
        self, kafka: AIOKafkaConsumer, partition: TopicPartition, lane: _Lane, result: Applied
    ) -> None:
        if result.fault is not None:
            delay = self._settings.backoff.delay(lane.failures)
            lane.failures += 1
            metrics.PARTITION_PAUSES.labels(self._name).inc()
            _LOG.warning(
                "consumer.partition_paused",
                topic=partition.topic,
                partition=partition.partition,
                error=type(result.fault).__name__,
                seconds=round(delay, 3),
            )
            self._pause(kafka, partition, lane, result.next_offset, delay)
            return
        died = sum(burial.reason != PARKED_KEY for burial in result.burials)
        if lane.circuit.note(applied=result.applied, died=died):
            metrics.CIRCUIT_OPEN.labels(self._name, *partition).set(1)
            _LOG.error(
                "consumer.circuit_opened", topic=partition.topic, partition=partition.partition
            )
            cool_down = self._settings.circuit.cool_down
            self._pause(kafka, partition, lane, result.next_offset, cool_down)

    def _pause(
        self,
        kafka: AIOKafkaConsumer,
        partition: TopicPartition,
        lane: _Lane,
        offset: int,
        seconds: float,
    ) -> None:
        if partition not in kafka.assignment():
            return
        kafka.pause(partition)
        kafka.seek(partition, offset)
        lane.paused_until = asyncio.get_running_loop().time() + seconds

    def _resume_due(self, kafka: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        for partition, lane in self._lanes.items():
            if lane.paused_until is None or now < lane.paused_until:
                continue
            lane.paused_until = None
            metrics.CIRCUIT_OPEN.labels(self._name, *partition).set(0)
            if partition in kafka.assignment():
                kafka.resume(partition)

    async def _commit_offsets(self, kafka: AIOKafkaConsumer) -> None:
        offsets, self._uncommitted = self._uncommitted, {}
        self._offsets_due = asyncio.get_running_loop().time() + self._settings.offsets_every
        if not offsets:
            return
        try:
            await _within(_CALL_SECONDS, kafka.commit(offsets))
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            # The effects stand. Whoever reads these records again finds them in the inbox.
            _LOG.warning("consumer.offsets_not_committed", error=type(error).__name__)

    async def _watch(self, kafka: AIOKafkaConsumer) -> None:
        while True:
            await asyncio.sleep(self._settings.lag_every)
            try:
                await _within(_CALL_SECONDS, self._measure_lag(kafka))
            except (*_BROKER_FAULTS, TimeoutError) as error:
                _LOG.warning("consumer.lag_unknown", error=type(error).__name__)
            if self._watchdog.is_stalled():
                raise ConsumerStalled(consumer=self._name, seconds=self._watchdog.stalled_seconds())

    async def _measure_lag(self, kafka: AIOKafkaConsumer) -> None:
        assigned = list(self._lanes)
        if not assigned:
            self._watchdog.lag_is(0)
            return
        ends = await kafka.end_offsets(assigned)
        waiting = 0
        for partition, end in ends.items():
            lane = self._lanes.get(partition)
            if lane is None:
                continue
            if lane.next_offset is None:
                lane.next_offset = await kafka.committed(partition)
            lag = max(0, end - (lane.next_offset or 0))
            labels = (self._name, partition.topic, partition.partition)
            metrics.LAG_RECORDS.labels(*labels).set(lag)
            age = self._clock.now().timestamp() - lane.last_record_ms / 1000
            metrics.LAG_SECONDS.labels(*labels).set(age if lag and lane.last_record_ms else 0)
            if not lane.circuit.is_open:
                waiting += lag
        self._watchdog.lag_is(waiting)
        if waiting == 0:
            metrics.LAST_PROGRESS.labels(self._name).set(self._clock.now().timestamp())

    async def _leave(self, kafka: AIOKafkaConsumer) -> None:
        try:
            await _within(_CALL_SECONDS, kafka.stop())
        except (*_BROKER_FAULTS, TimeoutError) as error:
            _LOG.warning("consumer.not_left_cleanly", error=type(error).__name__)

    async def revoked(self, kafka: AIOKafkaConsumer) -> None:
        """Wait for the batch in hand, then let go of all partitions. Called by the listener."""
        async with self._busy:
            self._generation += 1
            await self._commit_offsets(kafka)
            for partition in self._lanes:
                for gauge in (metrics.LAG_RECORDS, metrics.LAG_SECONDS, metrics.CIRCUIT_OPEN):
                    gauge.remove(self._name, partition.topic, partition.partition)
            self._lanes = {}

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """Take over partitions. Called by the listener."""
        self._is_member = True
        metrics.REBALANCES.labels(self._name).inc()
        self._lanes = {
            partition: _Lane(Circuit(self._settings.circuit)) for partition in partitions
        }


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer, kafka: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._kafka = kafka
        self._revoked_at: float | None = None

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        del revoked  # the protocol is eager: always all of them
        self._revoked_at = asyncio.get_running_loop().time()
        await self._consumer.revoked(self._kafka)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        if self._revoked_at is not None:
            seconds = asyncio.get_running_loop().time() - self._revoked_at
            metrics.REBALANCE_SECONDS.labels(self._consumer.name).observe(seconds)
        self._consumer.assigned(assigned)


async def _within(seconds: float, call: Awaitable[Any]) -> Any:
    async with asyncio.timeout(seconds):
        return await call


async def _sleep_unless(stop: asyncio.Event, seconds: float) -> None:
    try:
        await _within(seconds, stop.wait())
    except TimeoutError:
        return
