"""Dead letters replayed: in order, once, with who and why; never out of their key's order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from matricula_chassis.audit import ActionContext, Actor
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Conflict
from matricula_chassis.messaging import Replay, ReplayReport, Selection, Subscription
from matricula_chassis.messaging.applier import EventApplier
from matricula_chassis.messaging.envelope import Envelope
from matricula_testkit.messaging import Record, an_envelope, record_of
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.fixtures import WorkFactory

pytestmark = pytest.mark.postgres

NAME = "projection"
OPERATOR = ActionContext(Actor("it-1", "console", roles=("it_ops",)), "correlation-1")


class Bench:
    """A consumer's handler that can be broken and mended, its applier and its replay."""

    def __init__(self, work: WorkFactory, database: Database) -> None:
        self.broken: Callable[[Envelope], bool] = lambda _: False
        self.hold: asyncio.Event | None = None
        self.held = asyncio.Event()
        self.subscription = Subscription(NAME, work, {sample.CHANGED: self._handle})
        self.applier = EventApplier(self.subscription, clock=SystemClock())
        self._database = database
        self._offset = 0

    async def arrive(self, *envelopes: Envelope) -> None:
        await self.arrive_raw(*(record_of(envelope, 0) for envelope in envelopes))

    async def arrive_raw(self, *records: Record) -> None:
        numbered = [replace(r, offset=self._offset + i) for i, r in enumerate(records)]
        self._offset += len(records)
        assert (await self.applier.apply(numbered)).fault is None

    async def replay(self, **selection: object) -> ReplayReport:
        return await Replay(self.subscription, clock=SystemClock()).run(
            Selection(**selection),  # type: ignore[arg-type]
            context=OPERATOR,
            reason="handler-mended",
        )

    async def effects(self) -> list[tuple[str, int]]:
        found = await sample.effects_of(self._database, NAME)
        return [(key, number) for _, key, number in found]

    async def waiting(self) -> int:
        async with self._database.engine.connect() as connection:
            rows = text("SELECT count(*) FROM dead_letter WHERE resolved_at IS NULL")
            return int((await connection.execute(rows)).scalar_one())

    async def _handle(self, uow: sample.SampleWork, envelope: Envelope) -> None:
        await uow.note_effect(NAME, envelope)
        if self.hold is not None:
            self.held.set()
            await self.hold.wait()
        if self.broken(envelope):
            raise Conflict("sample-conflict")


@pytest.fixture
def bench(work: WorkFactory, database: Database) -> Bench:
    return Bench(work, database)


async def park(bench: Bench) -> None:
    bench.broken = lambda envelope: envelope.subject in ("a", "b")
    await bench.arrive(*(an_envelope(key, n) for n in (1, 2, 3) for key in ("a", "b", "c")))
    bench.broken = lambda _: False


async def test_a_parked_key_is_replayed_in_order_and_then_free(bench: Bench) -> None:
    await park(bench)
    report = await bench.replay(key="a")
    assert (report.found, report.resolved, report.failed) == (3, 3, 0)
    await bench.arrive(an_envelope("a", 4), an_envelope("b", 4))
    found = await bench.effects()
    assert [number for key, number in found if key == "a"] == [1, 2, 3, 4]
    assert [number for key, number in found if key == "b"] == []
    assert await bench.waiting() == 4


async def test_replaying_twice_applies_once(bench: Bench) -> None:
    await park(bench)
    await bench.replay()
    again = await bench.replay()
    assert (again.found, again.resolved) == (0, 0)
    assert sorted(await bench.effects()) == [(k, n) for k in ("a", "b", "c") for n in (1, 2, 3)]


async def test_a_redelivery_after_the_replay_is_a_duplicate(bench: Bench) -> None:
    bench.broken = lambda _: True
    event = an_envelope("a", 1)
    await bench.arrive(event)
    bench.broken = lambda _: False
    await bench.replay()
    await bench.arrive(event)
    assert await bench.effects() == [("a", 1)]


async def test_a_letter_that_fails_again_keeps_its_key_parked_and_others_go_on(
    bench: Bench,
) -> None:
    await park(bench)
    bench.broken = lambda envelope: envelope.subject == "a" and envelope.sequence == 2
    report = await bench.replay()
    assert (report.resolved, report.failed) == (4, 1)
    await bench.arrive(an_envelope("a", 4))
    found = await bench.effects()
    assert [number for key, number in found if key == "a"] == [1]
    assert [number for key, number in found if key == "b"] == [1, 2, 3]


async def test_a_dry_run_changes_nothing(bench: Bench) -> None:
    await park(bench)
    report = await bench.replay(dry_run=True)
    assert (report.found, report.resolved) == (6, 0)
    assert await bench.waiting() == 6


async def test_a_limit_counts_letters_and_leaves_the_rest_in_order(bench: Bench) -> None:
    await park(bench)
    report = await bench.replay(limit=2)
    assert report.resolved == 2
    assert [e for e in await bench.effects() if e[0] == "a"] == [("a", 1), ("a", 2)]
    await bench.replay()
    assert [e for e in await bench.effects() if e[0] == "a"] == [("a", 1), ("a", 2), ("a", 3)]


async def test_selecting_by_type_or_time_never_breaks_the_order_of_a_key(bench: Bench) -> None:
    await park(bench)
    assert (await bench.replay(type="sample.other.happened.v1")).found == 0
    assert (await bench.replay(since=datetime.now(UTC) + timedelta(hours=1))).found == 0
    report = await bench.replay(type=sample.CHANGED, since=datetime.now(UTC) - timedelta(hours=1))
    assert report.resolved == 6
    assert [e for e in await bench.effects() if e[0] == "b"] == [("b", 1), ("b", 2), ("b", 3)]


async def test_what_still_cannot_be_read_stays(bench: Bench) -> None:
    await bench.arrive_raw(replace(record_of(an_envelope("a", 1), 0), value=b"{"))
    report = await bench.replay()
    assert (report.resolved, report.failed) == (0, 1)
    assert await bench.waiting() == 1


async def test_who_and_why_are_kept_with_the_letter_and_in_the_audit_trail(
    bench: Bench, owner: Database
) -> None:
    bench.broken = lambda _: True
    event = an_envelope("a", 1)
    await bench.arrive(event)
    bench.broken = lambda _: False
    await bench.replay()
    async with owner.engine.connect() as connection:
        letter = (
            await connection.execute(
                text("SELECT resolved_by, resolution, resolution_reason FROM dead_letter")
            )
        ).one()
        row = (await connection.execute(text("SELECT topic, headers, payload FROM outbox"))).one()
    assert tuple(letter) == ("it-1", "replayed", "handler-mended")
    headers = [(name, value.encode()) for name, value in row.headers.items()]
    audited = Envelope.from_record(row.topic, headers, row.payload)
    assert (audited.topic, audited.type) == ("audit.access", "access.deadletter.resolved.v1")
    assert audited.data["event_id"] == str(event.id)
    assert audited.data["audit"]["actor"]["subject"] == "it-1"
    assert audited.data["audit"]["action"] == "dead_letter:replayed"
    assert audited.data["audit"]["reason"] == "handler-mended"


async def test_a_discarded_letter_frees_its_key_without_an_effect(bench: Bench) -> None:
    await park(bench)
    report = await Replay(bench.subscription, clock=SystemClock()).run(
        Selection(key="a", limit=1),
        context=OPERATOR,
        reason="known-bad",
        resolution="discarded",
    )
    assert report.resolved == 1
    await bench.replay(key="a")
    assert [e for e in await bench.effects() if e[0] == "a"] == [("a", 2), ("a", 3)]


async def test_one_event_is_replayed_with_those_of_its_key_and_no_others(bench: Bench) -> None:
    bench.broken = lambda _: True
    first, other = an_envelope("a", 1), an_envelope("b", 1)
    await bench.arrive(first, other, an_envelope("a", 2))
    bench.broken = lambda _: False
    assert (await bench.replay(event_id=first.id)).resolved == 2
    assert await bench.effects() == [("a", 1), ("a", 2)]
    assert await bench.waiting() == 1
    assert (await bench.replay(event_id=uuid4())).found == 0


async def test_a_replay_that_dies_has_no_half_effect(bench: Bench) -> None:
    await park(bench)
    with armed_crash_point("uow.before_commit", 3), pytest.raises(SimulatedCrash):
        await bench.replay(key="a")
    await bench.replay(key="a")
    assert [e for e in await bench.effects() if e[0] == "a"] == [("a", 1), ("a", 2), ("a", 3)]


async def test_events_that_arrive_during_a_replay_keep_their_order(bench: Bench) -> None:
    bench.broken = lambda _: True
    await bench.arrive(*(an_envelope("a", n) for n in range(1, 21)))
    bench.broken = lambda _: False

    async def arrive() -> None:
        for number in range(21, 41):
            await bench.arrive(an_envelope("a", number))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(arrive())
        tasks.create_task(bench.replay())
    while await bench.waiting():
        await bench.replay()
    assert [number for _, number in await bench.effects()] == list(range(1, 41))


async def test_an_event_that_meets_the_end_of_a_replay_is_applied_and_not_parked_behind_it(
    bench: Bench,
) -> None:
    bench.broken = lambda _: True
    await bench.arrive(an_envelope("a", 1))
    bench.broken = lambda _: False
    bench.hold = asyncio.Event()
    replaying = asyncio.create_task(bench.replay())
    await bench.held.wait()
    arriving = asyncio.create_task(bench.arrive(an_envelope("a", 2)))
    await asyncio.sleep(0.3)  # long enough to look for parked keys
    assert not arriving.done()
    bench.hold.set()
    await asyncio.gather(replaying, arriving)
    assert await bench.effects() == [("a", 1), ("a", 2)]
    assert await bench.waiting() == 0
