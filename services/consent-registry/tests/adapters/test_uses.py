"""A checked submission becomes one use of its agreement, over a real Kafka and a real database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from consent_registry.adapters.events.handlers import HANDLERS
from matricula_chassis.messaging import Consumer
from matricula_chassis.messaging.consumer import ConsumerSettings
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.events import SubmissionChecked
from matricula_contracts.topics import topics_consumed_by
from matricula_testkit.messaging import Wire, an_envelope, make_wire, until
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


class Intake:
    """The consumer on a topic of the test's own."""

    def __init__(self, registry: Any, wire: Wire) -> None:
        self.registry = registry
        self.wire = wire
        self.group = f"uses-{uuid4().hex[:8]}"
        self.stop = asyncio.Event()
        self.consumer = Consumer(
            name=self.group,
            topics=[wire.topic],
            handlers=HANDLERS,
            uow_factory=registry.work,
            kafka_bootstrap=wire.bootstrap,
            clock=registry.clock,
            settings=ConsumerSettings(poll=0.02, heartbeat=0.2),
        )

    async def send(self, *envelopes: Envelope) -> None:
        await self.wire.produce([(one.key, one.value(), one.to_headers()) for one in envelopes])

    async def seen(self, count: int) -> None:
        """Wait until the inbox holds so many events."""

        async def has_them() -> bool:
            rows = await self.registry.rows("SELECT 1 FROM inbox WHERE consumer = $1", self.group)
            return len(rows) >= count

        await until(has_them, patience=60)


def checked(agreement_path: str, **changes: Any) -> Envelope:
    submission = str(uuid4())
    data = {
        **SubmissionChecked.EXAMPLE,
        "submission_id": submission,
        "agreement_id": agreement_path.rpartition("/")[2],
        "ukprn": 10_000_001,
        "audit": {},
        **changes,
    }
    return an_envelope(
        submission, 2, topic="learning.submission", event_type=SubmissionChecked.TYPE, data=data
    )


@pytest_asyncio.fixture
async def intake(registry: Any, kafka_server: KafkaServer) -> AsyncIterator[Intake]:
    one = Intake(registry, await make_wire(kafka_server.bootstrap, partitions=1))
    running = asyncio.ensure_future(one.consumer.run(one.stop))
    try:
        yield one
    finally:
        one.stop.set()
        await running


def test_the_handlers_cover_the_topics_that_the_contract_gives_to_the_service() -> None:
    assert topics_consumed_by("consent-registry") == (SubmissionChecked.TOPIC,)
    assert set(HANDLERS) == {SubmissionChecked.TYPE}


async def test_a_checked_submission_is_used_once_however_often_it_arrives(
    registry: Any, intake: Intake
) -> None:
    path = await registry.activate()
    event, next_event = checked(path, records=10, accepted=9), checked(path)
    await intake.send(event, event)
    await intake.seen(1)
    await intake.send(event, next_event)
    await intake.seen(2)
    uses = (await registry.get(f"{path}/uses")).json()["items"]
    assert {use["submission_id"] for use in uses} == {event.subject, next_event.subject}
    first = next(use for use in uses if use["submission_id"] == event.subject)
    assert first == {
        "submission_id": event.subject,
        "data_set": "ilr",
        "received_on": "2026-03-02",
        "records": 10,
        "accepted": 9,
    }
    published = [e for e in await registry.events() if e[0] == "consent.agreement.used.v1"]
    assert [e[3]["submission_id"] for e in published] == [event.subject, next_event.subject]
    assert published[0][3]["audit"]["action"] == "agreement:used"


async def test_the_same_use_told_by_another_event_is_one_use(registry: Any, intake: Intake) -> None:
    path = await registry.activate()
    one = checked(path)
    again = an_envelope(one.subject, 3, topic=one.topic, event_type=one.type, data=dict(one.data))
    await intake.send(one, again)
    await intake.seen(2)
    assert len(await registry.rows("SELECT 1 FROM agreement_use")) == 1
    assert [e[2] for e in await registry.events()] == [1, 2, 3]


async def test_an_unknown_agreement_is_a_dead_letter_and_the_rest_go_on(
    registry: Any, intake: Intake
) -> None:
    path = await registry.activate()
    unknown = checked(f"/v1/agreements/{uuid4()}")
    foreign = checked(path, ukprn=10_000_002)
    good = checked(path)
    await intake.send(unknown, foreign, good)
    await intake.seen(3)
    letters = await registry.rows("SELECT event_id, type, key FROM dead_letter ORDER BY id")
    assert [row["event_id"] for row in letters] == [unknown.id, foreign.id]
    assert {row["type"] for row in letters} == {SubmissionChecked.TYPE}
    uses = await registry.rows("SELECT submission_id FROM agreement_use")
    assert [str(row["submission_id"]) for row in uses] == [good.subject]


async def test_sequence_numbers_of_an_agreement_have_no_gap_with_uses_between(
    registry: Any, intake: Intake
) -> None:
    path = await registry.activate()
    events = [checked(path) for _ in range(8)]
    await intake.send(*events[:4])
    await intake.seen(4)
    ended = asyncio.gather(
        intake.send(*events[4:]),
        registry.post(f"{path}/termination", {"reason": "contract_ended"}),
    )
    await ended
    await intake.seen(8)
    published = await registry.events()
    assert [event[2] for event in published] == list(range(1, 12))
    assert {event[1] for event in published} == {path.rpartition("/")[2]}
    assert (await registry.get(path)).json()["version"] == 11


async def test_pages_of_uses_show_each_once_the_newest_first(registry: Any, intake: Intake) -> None:
    path, other = await registry.activate(), await registry.activate()
    events = [checked(path) for _ in range(5)]
    await intake.send(*events, checked(other))
    await intake.seen(6)
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await registry.get(f"{path}/uses?limit=2{cursor}")).json()
        seen += [use["submission_id"] for use in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == sorted((event.subject for event in events), reverse=True)


async def test_an_event_that_breaks_its_contract_is_a_dead_letter(
    registry: Any, intake: Intake
) -> None:
    path = await registry.activate()
    broken = checked(path, records="many")
    await intake.send(broken, checked(path))
    await intake.seen(2)
    letters = await registry.rows("SELECT event_id FROM dead_letter")
    assert [row["event_id"] for row in letters] == [broken.id]
    assert len(await registry.rows("SELECT 1 FROM agreement_use")) == 1
