"""The relay on a real database and a real broker: in order, at least once, nothing dropped."""

import asyncio
import functools
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from matricula_chassis.clock import SystemClock
from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.uow import Database
from matricula_chassis.messaging import Relay, RelaySettings
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.outbox_upkeep import clean_up_outbox, release_parked
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.messaging import Record, Wire, make_wire, until
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.fixtures import WorkFactory
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

CLOCK = SystemClock()

RelayFactory = Callable[..., Relay]


@pytest_asyncio.fixture
async def wire(kafka_server: KafkaServer) -> Wire:
    return await make_wire(kafka_server.bootstrap)


@pytest.fixture
def relay(urls: DatabaseUrls, wire: Wire) -> RelayFactory:
    return functools.partial(a_relay, urls, wire)


def a_relay(
    urls: DatabaseUrls, wire: Wire, *, bootstrap: str | None = None, **options: Any
) -> Relay:
    settings = {"balance_every": 0.1, "gauges_every": 0.1, "idle_pause": 0.05, **options}
    return Relay(
        urls.relay,
        bootstrap or wire.bootstrap,
        service="sample",
        clock=CLOCK,
        settings=RelaySettings(**settings),
    )


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for one in relays:
            tasks.create_task(one.run(stop))
        try:
            yield
        finally:
            stop.set()


async def unpublished(owner: Database) -> int:
    async with owner.engine.connect() as connection:
        waiting = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        return int((await connection.execute(waiting)).scalar_one())


async def drained(owner: Database, *, leaving: int = 0) -> None:
    async def is_drained() -> bool:
        return await unpublished(owner) <= leaving

    await until(is_drained)


async def write(work: WorkFactory, topic: str, *, keys: int, each: int) -> None:
    async with work() as uow:
        uow.record_many(
            sample.draft(f"k{key}", number, topic=topic)
            for number in range(1, each + 1)
            for key in range(keys)
        )


def on_wire(records: Sequence[Record]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        envelope = Envelope.from_record(record.topic, record.headers, record.value)
        found[envelope.subject].append(envelope.sequence)
    return dict(found)


def first_deliveries(sequences: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(sequences))


async def test_events_reach_the_topic_in_order_under_their_key(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    await write(work, wire.topic, keys=20, each=40)
    async with running(relay()):
        await drained(owner)
    found = await wire.read()
    assert {record.partition for record in found} == {0, 1}
    assert all(record.key == dict(record.headers)["ce_partitionkey"] for record in found)
    assert on_wire(found) == {f"k{key}": list(range(1, 41)) for key in range(20)}


async def test_sequences_have_no_gap_while_writers_compete_for_the_same_aggregates(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    keys = itertools.cycle(f"k{number}" for number in range(5))

    async def writer() -> None:
        for _ in range(25):
            async with work() as uow:
                await uow.change(next(keys), topic=wire.topic)

    async with running(relay(batch=48)):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(16):
                tasks.create_task(writer())
        await drained(owner)
    found = on_wire(await wire.read())
    assert sum(map(len, found.values())) == 400
    for sequences in found.values():
        assert sequences == list(range(1, len(sequences) + 1))


async def test_a_row_that_commits_late_is_published_too(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    async with running(relay()):
        async with AsyncExitStack() as late:
            uow = await late.enter_async_context(work())
            raw = await uow.raw()
            uow.record(sample.draft("late", 1, topic=wire.topic))
            await raw.execute("SELECT 1")  # its transaction is older than the next one
            await write(work, wire.topic, keys=1, each=3)
            await drained(owner)
        await drained(owner)
    found = on_wire(await wire.read())
    assert found == {"k0": [1, 2, 3], "late": [1]}


@pytest.mark.parametrize(
    "death",
    [
        ("relay.after_read", 1),
        ("relay.after_send_before_mark", 2),
        ("relay.after_mark", 1),
    ],
)
async def test_a_relay_that_dies_loses_nothing_and_doubles_only_what_was_in_flight(
    work: WorkFactory,
    relay: RelayFactory,
    owner: Database,
    wire: Wire,
    death: tuple[str, int],
) -> None:
    point, on_the_wire = death
    await write(work, wire.topic, keys=3, each=4)
    with armed_crash_point(point), pytest.raises(SimulatedCrash):
        await relay().run(asyncio.Event())
    async with running(relay()):
        await drained(owner)
    found = await wire.read()
    assert len(found) == 12 * on_the_wire
    assert len({dict(record.headers)["ce_id"] for record in found}) == 12
    for sequences in on_wire(found).values():
        assert first_deliveries(sequences) == [1, 2, 3, 4]


async def test_two_relays_share_the_buckets_and_keep_the_order(
    work: WorkFactory,
    relay: RelayFactory,
    owner: Database,
    wire: Wire,
) -> None:
    async with running(relay(batch=32), relay(batch=32)):
        await share_settles(owner, [8, 8])
        await write(work, wire.topic, keys=40, each=20)
        await drained(owner)
        assert await bucket_locks(owner) == [8, 8]
    found = await wire.read()
    assert on_wire(found) == {f"k{key}": list(range(1, 21)) for key in range(40)}


async def test_a_relay_takes_over_the_buckets_of_one_that_dies(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    stop = asyncio.Event()
    dying = asyncio.create_task(relay().run(stop))
    async with running(relay()):
        await share_settles(owner, [8, 8])
        dying.cancel()
        await asyncio.wait({dying})
        await share_settles(owner, [16])
        await write(work, wire.topic, keys=32, each=1)
        await drained(owner)


async def test_a_relay_whose_connection_is_cut_connects_again(
    urls: DatabaseUrls, work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'sample-relay' AND datname = current_database()"
    )
    async with running(relay(backoff=Backoff(0.05, 0.1))):
        await share_settles(owner, [16])
        same_role = Database.from_url(urls.relay, application_name="test")
        async with same_role.engine.connect() as connection:
            await connection.execute(cut)
        await same_role.dispose()
        await write(work, wire.topic, keys=32, each=2)
        await drained(owner)


@pytest.mark.parametrize("batch", [1, 2048])
async def test_an_event_that_is_too_large_is_parked_with_its_key_and_the_others_go_on(
    work: WorkFactory,
    urls: DatabaseUrls,
    owner: Database,
    wire: Wire,
    batch: int,
) -> None:
    async with work() as uow:
        uow.record(sample.draft("big", 1, topic=wire.topic))
        uow.record(sample.draft("big", 2, topic=wire.topic, filler="x" * 2_000_000))
        uow.record(sample.draft("big", 3, topic=wire.topic))
        uow.record(sample.draft("small", 1, topic=wire.topic))
    async with running(a_relay(urls, wire, batch=batch, balance_every=5)):
        await drained(owner, leaving=2)
        await write(work, wire.topic, keys=5, each=1)
        await drained(owner, leaving=2)
    found = on_wire(await wire.read())
    assert (found["big"], found["small"]) == ([1], [1])
    async with owner.engine.begin() as connection:
        letter = (
            await connection.execute(text("SELECT reason, consumer, type FROM dead_letter"))
        ).one()
        assert tuple(letter) == ("too-large", "relay", sample.CHANGED)
        await connection.execute(
            text("UPDATE outbox SET payload = '{}' WHERE length(payload) > 1000000")
        )
    released = await release_parked(urls.relay, clock=CLOCK, key="big", by="it-1", reason="mended")
    assert len(released) == 1
    async with running(a_relay(urls, wire)):
        await drained(owner)
    found = on_wire(await wire.read())
    assert found["big"] == [1, 2, 3]


async def test_a_missing_topic_holds_back_its_own_events_only_until_it_is_made(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    async with work() as uow:
        uow.record(sample.draft("a", 1, topic=f"{wire.topic}.missing"))
        uow.record(sample.draft("a", 2, topic=f"{wire.topic}.missing"))
        uow.record(sample.draft("a", 1, topic=wire.topic))
    async with running(relay(unknown_topic_attempts=2, backoff=Backoff(0.01, 0.05))):
        await drained(owner, leaving=2)

        async def is_parked() -> bool:
            return await parked(owner) == 1

        await until(is_parked)
    assert await unpublished(owner) == 2


async def test_an_unreachable_broker_marks_nothing_and_parks_nothing(
    work: WorkFactory, relay: RelayFactory, owner: Database, wire: Wire
) -> None:
    await write(work, wire.topic, keys=3, each=1)
    async with running(relay(bootstrap="127.0.0.1:1", delivery_timeout=0.3)):
        await asyncio.sleep(1.0)
    async with owner.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT DISTINCT attempts, next_attempt_at, published_at FROM outbox")
        )
        assert [tuple(row) for row in rows] == [(0, None, None)]
    async with running(relay()):
        await drained(owner)


async def test_rows_leave_the_outbox_when_sealed_and_are_published_again_when_not(
    work: WorkFactory,
    relay: RelayFactory,
    owner: Database,
    urls: DatabaseUrls,
    wire: Wire,
) -> None:
    await write(work, wire.topic, keys=7, each=1)
    async with running(relay()):
        await drained(owner)
    asked: list[UUID] = []

    async def all_but_the_first_three(ids: Sequence[UUID]) -> Sequence[UUID]:
        asked.extend(ids)
        return [event_id for event_id in ids if event_id not in asked[:3]]

    too_young = await clean_up_outbox(urls.relay, all_but_the_first_three, clock=CLOCK)
    assert (too_young.deleted, too_young.published_again, asked) == (0, 0, [])
    done = await clean_up_outbox(
        urls.relay, all_but_the_first_three, clock=CLOCK, older_than=timedelta(0), batch=2
    )
    assert (done.deleted, done.published_again) == (4, 3)
    async with running(relay()):
        await drained(owner)
    found = await wire.read()
    assert len(found) == 10


async def parked(owner: Database) -> int:
    async with owner.engine.connect() as connection:
        rows = text("SELECT count(*) FROM outbox WHERE next_attempt_at = 'infinity'")
        return int((await connection.execute(rows)).scalar_one())


async def bucket_locks(owner: Database) -> list[int]:
    """Return how many buckets each relay holds, without those that hold none."""
    held = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid < 16 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " GROUP BY pid ORDER BY 1"
    )
    async with owner.engine.connect() as connection:
        return list((await connection.execute(held)).scalars())


async def share_settles(owner: Database, expected: list[int]) -> None:
    async def is_shared() -> bool:
        return await bucket_locks(owner) == expected

    await until(is_shared)
