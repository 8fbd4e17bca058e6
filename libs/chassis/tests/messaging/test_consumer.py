"""The consumer on a real broker and a real database: effects once, whatever happens between."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Conflict, Unavailable
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer, ConsumerStalled
from matricula_chassis.messaging.circuit import CircuitSettings
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.producer import partition_of
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.messaging import Wire, an_envelope, make_wire, until
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.projection import projection
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

ConsumerFactory = Callable[..., Consumer]
KEYS = [f"k{number}" for number in range(6)]


@pytest_asyncio.fixture
async def wire(kafka_server: KafkaServer) -> Wire:
    return await make_wire(kafka_server.bootstrap)


@pytest.fixture
def group() -> str:
    return f"projection-{SystemIds().uuid7().hex[-8:]}"


@pytest.fixture
def consumer(database: Database, wire: Wire, group: str) -> ConsumerFactory:
    def new(**options: Any) -> Consumer:
        given = {"bootstrap": wire.bootstrap, "topic": wire.topic, "group": group, **options}
        return projection(database, **given)

    return new


@asynccontextmanager
async def running(*consumers: Consumer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for one in consumers:
            tasks.create_task(one.run(stop))
        try:
            yield
        finally:
            stop.set()


async def put(wire: Wire, envelopes: Sequence[Envelope]) -> None:
    await wire.produce([(e.key, e.value(), e.to_headers()) for e in envelopes])


def changes(first: int, last: int, keys: Sequence[str] = KEYS) -> list[Envelope]:
    return [an_envelope(key, n) for n in range(first, last + 1) for key in keys]


async def wait_for_effects(database: Database, group: str, count: int) -> None:
    async def is_done() -> bool:
        return len(await sample.effects_of(database, group)) >= count

    await until(is_done, patience=90)


async def assert_once_and_in_order(database: Database, group: str, last: int) -> None:
    found = await sample.effects_of(database, group)
    assert len(found) == len(KEYS) * last
    for key in KEYS:
        assert [number for _, k, number in found if k == key] == list(range(1, last + 1))


async def test_events_are_applied_once_and_in_order(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    await put(wire, changes(1, 50))
    async with running(consumer()):
        await wait_for_effects(database, group, 300)
    await assert_once_and_in_order(database, group, 50)


async def test_a_stopped_consumer_goes_on_where_it_left(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    await put(wire, changes(1, 10))
    async with running(consumer()):
        await wait_for_effects(database, group, 60)
    await put(wire, changes(11, 20))
    seen: list[int] = []

    async def handler(uow: sample.SampleWork, envelope: Envelope) -> None:
        seen.append(envelope.sequence)
        await uow.note_effect(group, envelope)

    async with running(consumer(handler=handler)):
        await wait_for_effects(database, group, 120)
    assert min(seen) == 11
    await assert_once_and_in_order(database, group, 20)


@pytest.mark.parametrize(
    "point",
    [
        "consumer.after_inbox",
        "consumer.before_commit",
        "uow.before_commit",
        "uow.after_commit",
        "consumer.after_commit_before_offset",
    ],
)
async def test_a_consumer_that_dies_anywhere_has_each_effect_once(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory, point: str
) -> None:
    await put(wire, changes(1, 20))
    with armed_crash_point(point, 2), pytest.raises(SimulatedCrash):
        await consumer(settings={"max_batch": 15}).run(asyncio.Event())
    async with running(consumer()):
        await wait_for_effects(database, group, 120)
    await assert_once_and_in_order(database, group, 20)


async def test_members_that_come_and_go_apply_each_event_once_and_in_order(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    small = {"max_batch": 7}
    async with running(consumer(settings=small)):
        await put(wire, changes(1, 60))
        await wait_for_effects(database, group, 30)
        async with running(consumer(settings=small)):
            await put(wire, changes(61, 80))
            await wait_for_effects(database, group, 240)
        await put(wire, changes(81, 100))
        await wait_for_effects(database, group, 600)
    await assert_once_and_in_order(database, group, 100)


async def test_a_passing_fault_pauses_its_partition_and_not_the_other(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    blocked = {key for key in KEYS if partition_of(key.encode(), wire.partitions) == 0}
    assert 0 < len(blocked) < len(KEYS)
    outage = {"on": True}

    async def handler(uow: sample.SampleWork, envelope: Envelope) -> None:
        if outage["on"] and envelope.subject in blocked:
            raise Unavailable("other-service-unavailable")
        await uow.note_effect(group, envelope)

    await put(wire, changes(1, 30))
    async with running(consumer(handler=handler)):
        await wait_for_effects(database, group, 30 * (len(KEYS) - len(blocked)))
        during = {key for _, key, _ in await sample.effects_of(database, group)}
        outage["on"] = False
        await wait_for_effects(database, group, 180)
    assert not during & blocked
    await assert_once_and_in_order(database, group, 30)


async def test_a_poison_message_does_not_stop_its_partition(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    poison = [(b"poison", b"\x00" * 500_000, []), (None, b"", [("ce_id", b"x")])]
    await wire.produce(poison)
    await put(wire, changes(1, 5))
    async with running(consumer()):
        await wait_for_effects(database, group, 30)
    await assert_once_and_in_order(database, group, 5)
    async with database.engine.connect() as connection:
        letters = await connection.execute(text("SELECT count(*) FROM dead_letter"))
        assert letters.scalar() == 2


async def test_when_most_records_die_the_partition_waits_instead(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    async def refuse(_uow: sample.SampleWork, _envelope: Envelope) -> None:
        raise Conflict("sample-conflict")

    async def letters() -> int:
        async with database.engine.connect() as connection:
            found = await connection.execute(text("SELECT count(*) FROM dead_letter"))
            return int(found.scalar_one())

    await put(wire, [an_envelope(f"key-{n}", 1) for n in range(300)])
    settings = {
        "max_batch": 10,
        "circuit": CircuitSettings(window=20, minimum=20, share=0.5, cool_down=600),
    }
    async with running(consumer(handler=refuse, settings=settings)):

        async def both_wait() -> bool:
            return await letters() >= 40

        await until(both_wait)
        await asyncio.sleep(0.5)
    assert await letters() == 40


async def test_lag_without_progress_ends_the_consumer(
    wire: Wire, consumer: ConsumerFactory
) -> None:
    async def hang(_uow: sample.SampleWork, _envelope: Envelope) -> None:
        raise Unavailable("other-service-unavailable")

    await put(wire, changes(1, 2))
    with pytest.raises(ConsumerStalled):
        await consumer(handler=hang, settings={"stall_limit": 1.0}).run(asyncio.Event())


async def test_an_unreachable_broker_is_waited_for(consumer: ConsumerFactory) -> None:
    one = consumer(bootstrap="127.0.0.1:1")
    async with running(one):
        await asyncio.sleep(0.5)
        with pytest.raises(Unavailable):
            await one.check()


async def test_a_member_is_ready_once_it_has_joined(
    database: Database, wire: Wire, group: str, consumer: ConsumerFactory
) -> None:
    one = consumer()
    await put(wire, changes(1, 1))
    async with running(one):
        await wait_for_effects(database, group, 6)
        await one.check()
    with pytest.raises(Unavailable):
        await one.check()


@contextmanager
def member_process(url: str, wire: Wire, group: str) -> Iterator["subprocess.Popen[bytes]"]:
    module = "matricula_testkit.sample_service.projection"
    process = subprocess.Popen(
        [sys.executable, "-m", module, url, wire.bootstrap, wire.topic, group]
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.kill()
        process.wait(timeout=60)


async def test_a_frozen_member_that_wakes_doubles_nothing(
    database: Database, wire: Wire, group: str, urls: DatabaseUrls, consumer: ConsumerFactory
) -> None:
    await put(wire, changes(1, 40))
    with member_process(urls.app, wire, group) as frozen:
        await wait_for_effects(database, group, 20)
        os.kill(frozen.pid, signal.SIGSTOP)
        await put(wire, changes(41, 60))
        async with running(consumer()):
            await wait_for_effects(database, group, 360)
            os.kill(frozen.pid, signal.SIGCONT)
            await put(wire, changes(61, 70))
            await wait_for_effects(database, group, 420)
        os.kill(frozen.pid, signal.SIGTERM)
        assert await asyncio.to_thread(frozen.wait, 60) == 0
    await assert_once_and_in_order(database, group, 70)
