"""Benchmarks of relay, inbox and the way from commit to effect, with a peer in the same run.

Ratios are the finding; absolute numbers are those of one machine. The servers are those of the
tests; `DATABASE_URL` (administrator) and `KAFKA_BOOTSTRAP` name others. Nothing is asserted here.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer

from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer, ConsumerSettings, Relay
from matricula_chassis.messaging.envelope import Envelope
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.messaging import Wire, make_wire
from matricula_testkit.sample_service import service as sample
from matricula_testkit.servers import DatabaseFactory, TestRun, kafka_for, postgres_for

EVENT_BYTES: Final = 500
PARTITIONS: Final = 6
_CLOCK: Final = SystemClock()
_IDS: Final = SystemIds()


@dataclass(frozen=True, slots=True)
class Ground:
    """The servers and the database of one run."""

    urls: DatabaseUrls
    bootstrap: str
    database: Database

    async def owner(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection that may look at everything."""
        return await asyncpg.connect(self.urls.owner.replace("+asyncpg", ""))

    def work(self, context: ActionContext | None = None) -> sample.SampleWork:
        """Return a unit of work of the sample service."""
        return sample.work_on(self.database, clock=_CLOCK, ids=_IDS, context=context)


async def run(events: int = 60_000) -> list[dict[str, Any]]:
    """Run every benchmark and return one row for each: name, unit, value, baseline, ratio."""
    async with _ground() as ground:
        rows = [await relay_throughput(ground, events=events, keys=keys) for keys in (5_000, 50, 5)]
        rows.append(await inbox_throughput(ground, events=events))
        rows.append(await commit_to_effect(ground, per_second=100, seconds=10))
    return rows


async def relay_throughput(ground: Ground, *, events: int, keys: int) -> dict[str, Any]:
    """Publish a filled outbox; the peer is a bare aiokafka producer with the same records."""
    wire = await make_wire(ground.bootstrap, partitions=PARTITIONS)
    await _fill_outbox(ground, wire.topic, events=events, keys=keys)
    owner = await ground.owner()
    stop = asyncio.Event()
    relay = Relay(ground.urls.relay, ground.bootstrap, service="bench", clock=_CLOCK)
    began = time.perf_counter()
    relaying = asyncio.create_task(relay.run(stop))
    waiting = "SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)"
    while await owner.fetchval(waiting):  # noqa: ASYNC110 - the table is what is measured
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    stop.set()
    await relaying
    await owner.execute("TRUNCATE outbox")
    await owner.close()
    bare = await _bare_producer(ground, events=events, keys=keys)
    return _row(f"relay, {keys} keys", events / seconds, "bare aiokafka producer", bare)


async def inbox_throughput(ground: Ground, *, events: int) -> dict[str, Any]:
    """Consume into the inbox; the peer inserts the same ids in batches with a bare statement."""
    wire = await make_wire(ground.bootstrap, partitions=PARTITIONS)
    envelopes = [_event(wire.topic, f"key-{n % 5000}", n) for n in range(events)]
    await _produce(wire, envelopes)
    done = asyncio.Event()
    seen = 0

    async def note(_uow: sample.SampleWork, batch: Sequence[Envelope]) -> None:
        nonlocal seen
        seen += len(batch)
        if seen >= events:
            done.set()

    consumer = _consumer(ground, wire, batch_handler=note)
    stop = asyncio.Event()
    consuming = asyncio.create_task(consumer.run(stop))
    while not consumer.subscription or seen == 0:  # noqa: ASYNC110 - joining is not measured
        await asyncio.sleep(0.001)
    began, already = time.perf_counter(), seen
    await done.wait()
    stop.set()
    seconds = time.perf_counter() - began
    await consuming
    bare = await _bare_inserts(ground, [envelope.id for envelope in envelopes])
    return _row("inbox", (events - already) / seconds, "bare INSERT … unnest of the ids", bare)


async def commit_to_effect(ground: Ground, *, per_second: int, seconds: int) -> dict[str, Any]:
    """Measure from the return of a commit to the commit of its effect, under light load."""
    wire = await make_wire(ground.bootstrap, partitions=PARTITIONS)
    committed: dict[str, float] = {}
    delays: list[float] = []
    total = per_second * seconds

    async def note(_uow: sample.SampleWork, envelope: Envelope) -> None:
        while envelope.subject not in committed:  # noqa: ASYNC110 - the effect overtook us
            await asyncio.sleep(0)
        delays.append(time.perf_counter() - committed[envelope.subject])

    stop = asyncio.Event()
    relay = Relay(ground.urls.relay, ground.bootstrap, service="bench", clock=_CLOCK)
    consumer = _consumer(ground, wire, handlers={sample.CHANGED: note})
    running = [asyncio.create_task(relay.run(stop)), asyncio.create_task(consumer.run(stop))]
    await asyncio.sleep(4)  # the group forms
    began = time.perf_counter()
    for number in range(total):
        key = f"key-{number}"
        async with ground.work() as uow:
            await uow.change(key, topic=wire.topic)
        committed[key] = time.perf_counter()
        await asyncio.sleep(max(0.0, began + (number + 1) / per_second - time.perf_counter()))
    while len(delays) < total:  # noqa: ASYNC110 - the last effects
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*running)
    delays.sort()
    return {
        "name": f"commit to effect at {per_second}/s",
        "unit": "ms",
        "p50": round(delays[total // 2] * 1000, 1),
        "value": round(delays[int(total * 0.99)] * 1000, 1),
        "baseline": "goal: p99 at most 250 ms",
        "baseline_value": 250,
        "ratio": round(delays[int(total * 0.99)] * 1000 / 250, 3),
    }


@asynccontextmanager
async def _ground() -> AsyncIterator[Ground]:
    run_of_bench = TestRun.begin()
    factory = DatabaseFactory(postgres_for(run_of_bench), run_of_bench)
    kafka = kafka_for(run_of_bench)
    urls = factory(sample.SERVICE, migrations=sample.MIGRATIONS)
    database = Database.from_url(urls.app, application_name="bench")
    try:
        yield Ground(urls, kafka.bootstrap, database)
    finally:
        await database.dispose()
        factory.close()
        if "DATABASE_URL" in os.environ:
            factory.drop_templates()
        run_of_bench.end()


def _event(topic: str, key: str, sequence: int) -> Envelope:
    draft = sample.draft(key, sequence, topic=topic)
    context = ActionContext.system(sample.SERVICE, str(_IDS.uuid7()))
    bare = Envelope.of(
        draft, context, event_id=_IDS.uuid7(), source="/services/bench", time=_CLOCK.now()
    )
    filler = "x" * max(0, EVENT_BYTES - len(bare.value()) - len(',"filler":""'))
    return Envelope.of(
        sample.draft(key, sequence, topic=topic, filler=filler),
        context,
        event_id=bare.id,
        source=bare.source,
        time=bare.time,
    )


async def _fill_outbox(ground: Ground, topic: str, *, events: int, keys: int) -> None:
    probe = _event(topic, "key-0000", 1)
    filler = probe.data["filler"]
    async with ground.work() as uow:
        uow.record_many(
            sample.draft(f"key-{n % keys:04}", n // keys + 1, topic=topic, filler=filler)
            for n in range(events)
        )
    owner = await ground.owner()
    await owner.execute("VACUUM ANALYZE outbox")
    await owner.close()


async def _bare_producer(ground: Ground, *, events: int, keys: int) -> float:
    wire = await make_wire(ground.bootstrap, partitions=PARTITIONS)
    envelopes = [_event(wire.topic, f"key-{n % keys:04}", n // keys + 1) for n in range(events)]
    return await _produce(wire, envelopes)


async def _produce(wire: Wire, envelopes: Sequence[Envelope]) -> float:
    records = [(e.key, e.value(), e.to_headers()) for e in envelopes]
    producer = AIOKafkaProducer(
        bootstrap_servers=wire.bootstrap, acks="all", enable_idempotence=True, linger_ms=5
    )
    await producer.start()
    began = time.perf_counter()
    for key, value, headers in records:
        await producer.send(wire.topic, key=key, value=value, headers=headers)
    await producer.flush()
    seconds = time.perf_counter() - began
    await producer.stop()
    return len(records) / seconds


async def _bare_inserts(ground: Ground, ids: Sequence[UUID], *, batch: int = 500) -> float:
    owner = await ground.owner()
    await owner.execute("CREATE TABLE bare (LIKE inbox INCLUDING ALL)")
    statement = (
        "INSERT INTO bare (consumer, event_id, received_at) SELECT 'c', unnest($1::uuid[]), now()"
    )
    began = time.perf_counter()
    for start in range(0, len(ids), batch):
        await owner.execute(statement, ids[start : start + batch])
    seconds = time.perf_counter() - began
    await owner.execute("DROP TABLE bare")
    await owner.close()
    return len(ids) / seconds


def _consumer(ground: Ground, wire: Wire, **handling: Any) -> Consumer:
    return Consumer(
        name=f"bench-{_IDS.uuid7().hex[-8:]}",
        topics=[wire.topic],
        uow_factory=ground.work,
        kafka_bootstrap=ground.bootstrap,
        clock=_CLOCK,
        settings=ConsumerSettings(),
        **handling,
    )


def _row(name: str, value: float, baseline: str, baseline_value: float) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "events/s",
        "value": round(value),
        "baseline": baseline,
        "baseline_value": round(baseline_value),
        "ratio": round(value / baseline_value, 3),
    }


if __name__ == "__main__":
    for found in asyncio.run(run()):
        print(json.dumps(found, ensure_ascii=False))
