"""The producer and the topics on a real broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging import EventPublisher, TopicMismatch, TopicSpec, ensure_topics
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.producer import (
    TOO_LARGE,
    UNKNOWN_TOPIC,
    UNREACHABLE,
    WITHHELD,
    OutgoingRecord,
    RecordProducer,
)
from matricula_testkit.messaging import Wire, an_envelope, make_wire
from matricula_testkit.servers import KafkaServer

pytestmark = pytest.mark.kafka


@pytest_asyncio.fixture
async def wire(kafka_server: KafkaServer) -> Wire:
    return await make_wire(kafka_server.bootstrap, partitions=3)


@pytest_asyncio.fixture
async def producer(wire: Wire) -> AsyncIterator[RecordProducer]:
    async with RecordProducer(wire.bootstrap, client_id="test", delivery_timeout=60) as opened:
        yield opened


def record(wire: Wire, key: str, number: int, *, size: int = 10) -> OutgoingRecord:
    return OutgoingRecord(wire.topic, key.encode(), b"%d " % number + b"x" * size, [], 0)


async def numbers(wire: Wire, key: str) -> list[int]:
    found = await wire.read()
    return [int((r.value or b"").split()[0]) for r in found if r.key == key.encode()]


async def test_many_waves_keep_the_order_of_each_key(producer: RecordProducer, wire: Wire) -> None:
    sent = [record(wire, f"k{n % 7}", n, size=20_000) for n in range(350)]
    assert set(await producer.send(sent)) == {None}
    for key in range(7):
        assert await numbers(wire, f"k{key}") == list(range(key, 350, 7))


async def test_a_record_that_is_too_large_withholds_the_later_ones_of_its_key_only(
    producer: RecordProducer, wire: Wire
) -> None:
    outcomes = await producer.send(
        [
            record(wire, "a", 1),
            record(wire, "a", 2, size=2_000_000),
            record(wire, "a", 3),
            record(wire, "b", 1),
        ]
    )
    assert outcomes == [None, TOO_LARGE, WITHHELD, None]
    assert await numbers(wire, "a") == [1]


async def test_an_unknown_topic_is_told_from_an_unreachable_broker(
    producer: RecordProducer, wire: Wire
) -> None:
    missing = OutgoingRecord(f"{wire.topic}.missing", b"a", b"1", [], 0)
    assert await producer.send([missing, record(wire, "a", 1)]) == [UNKNOWN_TOPIC, None]
    async with RecordProducer("127.0.0.1:1", client_id="test", delivery_timeout=0.5) as lost:
        assert await lost.send([record(wire, "a", 1)]) == [UNREACHABLE]


async def test_a_producer_whose_sending_was_cancelled_works_again(
    producer: RecordProducer, wire: Wire
) -> None:
    sending = asyncio.create_task(
        producer.send([record(wire, "a", n, size=100_000) for n in range(50)])
    )
    await asyncio.sleep(0.05)
    sending.cancel()
    await asyncio.wait({sending})
    assert await producer.send([record(wire, "b", 1)]) == [None]
    assert await numbers(wire, "b") == [1]


async def test_a_publisher_returns_once_everything_is_acknowledged(wire: Wire) -> None:
    envelopes = [an_envelope("a", n, topic=wire.topic) for n in range(1, 4)]
    async with EventPublisher(wire.bootstrap, client_id="test") as publisher:
        await publisher.publish(envelopes)
    found = [Envelope.from_record(r.topic, r.headers, r.value) for r in await wire.read()]
    assert found == envelopes


async def test_a_publisher_without_a_broker_says_so() -> None:
    async with EventPublisher("127.0.0.1:1", client_id="test", delivery_timeout=0.5) as publisher:
        with pytest.raises(Unavailable) as caught:
            await publisher.publish([an_envelope()])
    assert caught.value.problem == "broker-unavailable"


async def test_topics_are_made_once_and_never_changed(wire: Wire) -> None:
    fresh = TopicSpec(f"{wire.topic}.fresh", 2)
    assert await ensure_topics(wire.bootstrap, [fresh]) == [fresh.name]
    assert await ensure_topics(wire.bootstrap, [fresh]) == []
    with pytest.raises(TopicMismatch) as caught:
        await ensure_topics(wire.bootstrap, [TopicSpec(fresh.name, 5)])
    assert (caught.value.expected, caught.value.found) == (5, 2)


async def test_processes_that_make_the_same_topic_at_once_all_succeed(wire: Wire) -> None:
    spec = TopicSpec(f"{wire.topic}.race", 2)
    made = await asyncio.gather(*(ensure_topics(wire.bootstrap, [spec]) for _ in range(4)))
    assert sum(map(len, made)) == 1
