"""Records applied to a real database: once, in order, with dead letters in order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from matricula_chassis.clock import FixedClock, SystemClock
from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.faults import is_passing
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Conflict, Unavailable
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.applier import EventApplier, Subscription
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.inbox import clean_up_inbox
from matricula_testkit.messaging import Record, an_envelope, record_of
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.fixtures import WorkFactory

pytestmark = pytest.mark.postgres

NAME = "projection"
Apply = Callable[..., EventApplier]
Failure = Callable[[], Exception]


class Handling:
    """A handler that notes effects and fails for the keys it is told to."""

    def __init__(self) -> None:
        self.failures: dict[str, Failure] = {}
        self.calls: list[tuple[str, int]] = []

    async def __call__(self, uow: sample.SampleWork, envelope: Envelope) -> None:
        self.calls.append((envelope.subject, envelope.sequence))
        await uow.note_effect(NAME, envelope)
        if envelope.subject in self.failures:
            failure = self.failures[envelope.subject]()
            raise failure

    def subscription(self, work: WorkFactory, **options: Any) -> Subscription:
        return Subscription(NAME, work, {sample.CHANGED: self}, **options)


@pytest.fixture
def handling() -> Handling:
    return Handling()


@pytest.fixture
def applier(handling: Handling, work: WorkFactory) -> EventApplier:
    return EventApplier(handling.subscription(work), clock=SystemClock())


def records(*envelopes: Envelope, first: int = 0) -> list[Record]:
    return [record_of(envelope, first + i) for i, envelope in enumerate(envelopes)]


async def effects(database: Database) -> list[tuple[str, int]]:
    return [(key, number) for _, key, number in await sample.effects_of(database, NAME)]


async def letters(database: Database) -> list[tuple[str, str]]:
    async with database.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT convert_from(key, 'UTF8'), reason FROM dead_letter ORDER BY id")
        )
        return [(key, reason) for key, reason in rows]


async def inbox_states(database: Database) -> dict[UUID, str]:
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT event_id, state FROM inbox"))
        return {row.event_id: row.state for row in rows}


async def test_a_batch_is_applied_in_its_order(applier: EventApplier, database: Database) -> None:
    batch = records(an_envelope("a", 1), an_envelope("b", 1), an_envelope("a", 2), first=40)
    result = await applier.apply(batch)
    assert (result.next_offset, result.applied, result.fault) == (43, 3, None)
    assert await effects(database) == [("a", 1), ("b", 1), ("a", 2)]


async def test_a_redelivered_event_is_applied_once(
    applier: EventApplier, database: Database
) -> None:
    batch = records(an_envelope("a", 1), an_envelope("a", 2))
    await applier.apply(batch)
    again = await applier.apply([*batch, *records(an_envelope("a", 3), first=2)])
    assert (again.applied, again.duplicates, again.next_offset) == (1, 2, 3)
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]


async def test_an_event_twice_in_one_batch_is_applied_once(
    applier: EventApplier, database: Database
) -> None:
    event = an_envelope("a", 1)
    result = await applier.apply(records(event, event, an_envelope("a", 2), event))
    assert (result.applied, result.duplicates) == (2, 2)
    assert await effects(database) == [("a", 1), ("a", 2)]


async def test_types_without_a_handler_are_skipped_whatever_is_in_them(
    applier: EventApplier, database: Database
) -> None:
    other = an_envelope("a", 1, event_type="sample.other.happened.v1")
    broken = replace(record_of(other, 1), value=b"not json")
    result = await applier.apply([record_of(other, 0), broken])
    assert (result.skipped, result.applied, result.next_offset) == (2, 0, 2)
    assert await letters(database) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": b"not json"}, "undecodable:malformed-json"),
        ({"value": None}, "undecodable:no-value"),
        ({"headers": []}, "undecodable:not-a-cloudevent"),
        ({"headers": [("ce_id", b"\xff\x00")]}, "undecodable:not-a-cloudevent"),
        ({"headers": [("bad\x00name", None)]}, "undecodable:not-a-cloudevent"),
    ],
)
async def test_a_poison_message_becomes_a_dead_letter_and_the_partition_goes_on(
    applier: EventApplier, database: Database, change: dict[str, Any], reason: str
) -> None:
    poison = replace(record_of(an_envelope("p", 1), 1), **change)
    batch = [record_of(an_envelope("a", 1), 0), poison, record_of(an_envelope("b", 1), 2)]
    result = await applier.apply(batch)
    assert (result.next_offset, result.fault) == (3, None)
    assert await letters(database) == [("p", reason)]
    assert await effects(database) == [("a", 1), ("b", 1)]


async def test_poison_that_is_redelivered_stays_one_dead_letter(
    applier: EventApplier, database: Database
) -> None:
    no_id = replace(record_of(an_envelope("p", 1), 7), headers=[])
    await applier.apply([no_id])
    result = await applier.apply([no_id])
    assert result.duplicates == 1
    assert len(await letters(database)) == 1


async def test_a_megabyte_of_rubbish_is_kept_whole(
    applier: EventApplier, database: Database
) -> None:
    rubbish = bytes(range(256)) * 4096
    await applier.apply([replace(record_of(an_envelope("p", 1), 0), value=rubbish)])
    async with database.engine.connect() as connection:
        row = (
            await connection.execute(text("SELECT payload, header_names FROM dead_letter"))
        ).one()
    assert row.payload == rubbish
    assert b"ce_id" in row.header_names


async def test_a_refusal_parks_the_key_and_its_later_events_follow_in_order(
    applier: EventApplier, handling: Handling, database: Database
) -> None:
    handling.failures["a"] = lambda: Conflict("sample-conflict")
    batch = records(
        an_envelope("a", 1), an_envelope("b", 1), an_envelope("a", 2), an_envelope("b", 2)
    )
    result = await applier.apply(batch)
    assert result.fault is None
    await applier.apply(records(an_envelope("a", 3), an_envelope("c", 1), first=4))
    assert await letters(database) == [
        ("a", "refused:sample-conflict"),
        ("a", "parked-key"),
        ("a", "parked-key"),
    ]
    assert await effects(database) == [("b", 1), ("b", 2), ("c", 1)]
    assert ("a", 2) not in handling.calls


async def test_without_order_a_dead_letter_parks_nothing(
    handling: Handling, work: WorkFactory, database: Database
) -> None:
    applier = EventApplier(handling.subscription(work, ordering="none"), clock=SystemClock())
    poison = replace(record_of(an_envelope("a", 1), 0), value=b"{")
    await applier.apply([poison, record_of(an_envelope("a", 2), 1)])
    assert await effects(database) == [("a", 2)]


async def test_a_dead_letter_and_its_inbox_mark_are_one_commit(
    applier: EventApplier, handling: Handling, database: Database
) -> None:
    handling.failures["a"] = lambda: Conflict("sample-conflict")
    bad, good = an_envelope("a", 1), an_envelope("b", 1)
    with armed_crash_point("consumer.before_commit"), pytest.raises(SimulatedCrash):
        await applier.apply(records(bad, good))
    assert await inbox_states(database) == {}
    assert await letters(database) == []
    await applier.apply(records(bad, good))
    assert await inbox_states(database) == {bad.id: "dead-lettered", good.id: "applied"}
    assert len(await letters(database)) == 1


async def test_a_passing_fault_stops_before_its_event_and_keeps_what_came_earlier(
    applier: EventApplier, handling: Handling, database: Database
) -> None:
    handling.failures["b"] = lambda: Unavailable("other-service-unavailable")
    batch = records(an_envelope("a", 1), an_envelope("b", 1), an_envelope("c", 1), first=10)
    for _ in range(20):
        result = await applier.apply(batch)
        assert (result.next_offset, type(result.fault)) == (11, Unavailable)
    assert await effects(database) == [("a", 1)]
    del handling.failures["b"]
    result = await applier.apply(batch[1:])
    assert (result.next_offset, result.fault) == (13, None)
    assert await effects(database) == [("a", 1), ("b", 1), ("c", 1)]
    assert await letters(database) == []


async def test_an_unknown_failure_is_tried_again_and_then_set_aside(
    handling: Handling, work: WorkFactory, database: Database
) -> None:
    applier = EventApplier(handling.subscription(work, max_attempts=3), clock=SystemClock())
    handling.failures["b"] = lambda: ZeroDivisionError("division by zero")
    batch = records(an_envelope("b", 1), an_envelope("c", 1))
    for _ in range(2):
        assert type((await applier.apply(batch)).fault) is ZeroDivisionError
    result = await applier.apply(batch)
    assert (result.fault, result.next_offset) == (None, 2)
    assert await letters(database) == [("b", "handler-failed")]
    assert await effects(database) == [("c", 1)]


async def test_a_statement_that_breaks_the_transaction_hurts_its_own_event_only(
    work: WorkFactory, database: Database
) -> None:
    async def handler(uow: sample.SampleWork, envelope: Envelope) -> None:
        if envelope.subject == "b":
            await uow.session.execute(text("SELECT 1/0"))
        await uow.note_effect(NAME, envelope)

    subscription = Subscription(NAME, work, {sample.CHANGED: handler}, max_attempts=1)
    applier = EventApplier(subscription, clock=SystemClock())
    await applier.apply(records(an_envelope("a", 1), an_envelope("b", 1), an_envelope("c", 1)))
    assert await effects(database) == [("a", 1), ("c", 1)]
    assert await letters(database) == [("b", "handler-failed")]


async def test_what_a_handler_records_names_its_event_as_cause(
    work: WorkFactory, owner: Database
) -> None:
    async def handler(uow: sample.SampleWork, envelope: Envelope) -> None:
        await uow.change(f"copy-of-{envelope.subject}", topic="sample.copy")

    applier = EventApplier(Subscription(NAME, work, {sample.CHANGED: handler}), clock=SystemClock())
    causes = [an_envelope("a", 1), an_envelope("b", 1)]
    await applier.apply(records(*causes))
    async with owner.engine.connect() as connection:
        rows = await connection.execute(text("SELECT headers FROM outbox ORDER BY seq"))
        found = [(h["ce_causationid"], h["ce_correlationid"]) for (h,) in rows]
    assert found == [(str(cause.id), cause.correlation_id) for cause in causes]


async def test_a_failing_event_leaves_nothing_of_its_own_in_the_outbox(
    work: WorkFactory, owner: Database
) -> None:
    async def handler(uow: sample.SampleWork, envelope: Envelope) -> None:
        await uow.change(envelope.subject, topic="sample.copy")
        if envelope.subject == "b":
            raise Conflict("sample-conflict")

    applier = EventApplier(Subscription(NAME, work, {sample.CHANGED: handler}), clock=SystemClock())
    await applier.apply(records(an_envelope("a", 1), an_envelope("b", 1), an_envelope("c", 1)))
    async with owner.engine.connect() as connection:
        keys = (await connection.execute(text("SELECT key FROM outbox ORDER BY seq"))).scalars()
        assert list(keys) == ["a", "c"]


async def test_a_batch_handler_gets_all_new_events_of_all_types_at_once(
    work: WorkFactory, database: Database
) -> None:
    calls: list[list[int]] = []

    async def handler(uow: sample.SampleWork, envelopes: Sequence[Envelope]) -> None:
        calls.append([envelope.sequence for envelope in envelopes])
        for envelope in envelopes:
            await uow.note_effect(NAME, envelope)

    applier = EventApplier(Subscription(NAME, work, batch_handler=handler), clock=SystemClock())
    first, second = an_envelope("a", 1), an_envelope("a", 2, event_type="other.thing.seen.v1")
    await applier.apply(records(first, second))
    await applier.apply(records(second, an_envelope("a", 3)))
    assert calls == [[1, 2], [3]]
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]


async def test_one_bad_event_does_not_keep_a_batch_handler_from_the_others(
    work: WorkFactory, database: Database
) -> None:
    async def handler(uow: sample.SampleWork, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            if envelope.subject == "b":
                raise Conflict("sample-conflict")
            await uow.note_effect(NAME, envelope)

    applier = EventApplier(Subscription(NAME, work, batch_handler=handler), clock=SystemClock())
    await applier.apply(records(an_envelope("a", 1), an_envelope("b", 1), an_envelope("c", 1)))
    assert await effects(database) == [("a", 1), ("c", 1)]
    assert await letters(database) == [("b", "refused:sample-conflict")]


async def test_two_members_with_the_same_records_apply_each_event_once_and_in_order(
    handling: Handling, work: WorkFactory, database: Database
) -> None:
    subscription = handling.subscription(work)
    batch = records(*(an_envelope(f"k{n % 3}", n // 3 + 1) for n in range(60)))

    async def member(size: int) -> None:
        applier = EventApplier(subscription, clock=SystemClock())
        for start in range(0, len(batch), size):
            result = await applier.apply(batch[start : start + size])
            assert result.fault is None

    async with asyncio.TaskGroup() as tasks:
        for size in (7, 10, 60):
            tasks.create_task(member(size))
    found = await effects(database)
    assert len(found) == 60
    for key in ("k0", "k1", "k2"):
        assert [number for k, number in found if k == key] == list(range(1, 21))


async def test_a_redelivery_older_than_the_inbox_is_set_aside(
    handling: Handling, work: WorkFactory, database: Database
) -> None:
    now = datetime.now(UTC)
    event = an_envelope("a", 1)
    clock = FixedClock(now + timedelta(days=50))
    applier = EventApplier(handling.subscription(work), clock=clock)
    result = await applier.apply(records(event))
    assert (result.applied, [burial.reason for burial in result.burials]) == (
        0,
        ["older-than-inbox"],
    )
    assert await effects(database) == []


async def test_cleaning_the_inbox_forgets_old_events_of_its_consumer_only(
    applier: EventApplier, database: Database
) -> None:
    clock = FixedClock(datetime.now(UTC) + timedelta(days=100))
    await applier.apply(records(*(an_envelope("a", n) for n in range(1, 8))))
    assert (
        await clean_up_inbox(
            database, "another", clock=clock, older_than=timedelta(days=60), batch=3
        )
        == 0
    )
    assert (
        await clean_up_inbox(database, NAME, clock=clock, older_than=timedelta(days=200), batch=3)
        == 0
    )
    assert (
        await clean_up_inbox(database, NAME, clock=clock, older_than=timedelta(days=60), batch=3)
        == 7
    )
    assert await inbox_states(database) == {}


async def test_a_database_that_does_not_answer_is_a_fault_that_passes() -> None:
    gone = Database.from_url(
        "postgresql+asyncpg://nobody@127.0.0.1:1/none", application_name="test"
    )

    def work(context: Any) -> sample.SampleWork:
        return sample.work_on(gone, clock=SystemClock(), ids=SystemIds(), context=context)

    applier = EventApplier(Handling().subscription(work), clock=SystemClock())
    result = await applier.apply(records(an_envelope("a", 1), first=5))
    assert result.next_offset == 5
    assert result.fault is not None
    assert is_passing(result.fault)
    await gone.dispose()
