"""A unit of work in memory for use-case tests, and the suite that it and the real one pass.

Services subclass the fake and add repositories in memory, as they subclass the real one.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Protocol, Self

import pytest

from matricula_chassis.audit import ActionContext, Actor, AuditFacts
from matricula_chassis.clock import Clock
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.errors import Conflict
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.envelope import Envelope, EventDraft

CONTEXT: Final = ActionContext(
    Actor("person-1", "client-1", roles=("mis",), ukprn=10000001),
    "01937f5e-0000-7000-8000-000000000001",
    causation_id="01937f5e-0000-7000-8000-000000000002",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


class Work(Protocol):
    """The port that use cases see of a unit of work."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def record(self, draft: EventDraft) -> None:
        """Record an event."""
        ...

    def record_many(self, drafts: Iterable[EventDraft]) -> None:
        """Record a whole set."""
        ...

    async def replay_or_claim(self, key: IdempotencyKey) -> StoredOutcome | None:
        """Return the outcome under the key or claim it."""
        ...

    async def store_outcome(self, outcome: StoredOutcome) -> None:
        """Store the outcome of the claimed request."""
        ...


@dataclass(slots=True)
class FakeStore:
    """What fake units of work have committed."""

    published: list[Envelope] = field(default_factory=list)
    outcomes: dict[tuple[str, str], tuple[bytes, StoredOutcome]] = field(default_factory=dict)
    claims: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)


class FakeUnitOfWork:
    """Keeps the promises of the real one, in memory: see UnitOfWorkConformance."""

    def __init__(
        self,
        store: FakeStore,
        *,
        clock: Clock,
        ids: IdSource,
        context: ActionContext = CONTEXT,
        source: str = "/services/fake",
    ) -> None:
        self.clock = clock
        self.context = context
        self.store = store
        self._ids = ids
        self._source = source
        self._is_open = False
        self._recorded: list[tuple[Iterable[EventDraft], ActionContext]] = []
        self._claimed: IdempotencyKey | None = None
        self._outcome: StoredOutcome | None = None

    async def __aenter__(self) -> Self:
        if self._is_open:
            raise RuntimeError("the unit of work is already open")
        self._is_open = True
        self._recorded = []
        self._claimed = self._outcome = None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_open = False
        try:
            if error is None:
                self._commit()
        finally:
            if self._claimed is not None:
                self._lock(self._claimed).release()

    def record(self, draft: EventDraft) -> None:
        """Record an event."""
        self._recorded.append(((draft,), self.context))

    def record_many(self, drafts: Iterable[EventDraft]) -> None:
        """Record a whole set; a generator is consumed at commit."""
        self._recorded.append((drafts, self.context))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Forget the events of the block when it raises."""
        mark = len(self._recorded)
        try:
            yield
        except BaseException:
            del self._recorded[mark:]
            raise

    async def replay_or_claim(self, key: IdempotencyKey) -> StoredOutcome | None:
        """Return the outcome under the key or claim it, waiting for another claimant."""
        await self._lock(key).acquire()
        stored = self.store.outcomes.get((key.client_id, key.key))
        if stored is None:
            self._claimed = key
            return None
        self._lock(key).release()
        if stored[0] != key.request_hash:
            raise Conflict("idempotency-key-reused")
        return stored[1]

    async def store_outcome(self, outcome: StoredOutcome) -> None:
        """Store the outcome of the claimed request."""
        if self._claimed is None:
            raise RuntimeError("no idempotency key was claimed")
        self._outcome = outcome

    def _commit(self) -> None:
        if self._claimed is not None and self._outcome is None:
            raise RuntimeError("an idempotency key was claimed and no outcome stored")
        now = self.clock.now()
        envelopes = [
            Envelope.of(draft, context, event_id=self._ids.uuid7(), source=self._source, time=now)
            for drafts, context in self._recorded
            for draft in drafts
        ]
        # As a consumer will see them: what JSON cannot carry fails here too.
        self.store.published.extend(
            Envelope.from_record(e.topic, e.to_headers(), e.value()) for e in envelopes
        )
        if self._claimed is not None and self._outcome is not None:
            claimed = self._claimed
            stored = (claimed.request_hash, self._outcome)
            self.store.outcomes[claimed.client_id, claimed.key] = stored

    def _lock(self, key: IdempotencyKey) -> asyncio.Lock:
        return self.store.claims.setdefault((key.client_id, key.key), asyncio.Lock())


class WorkBench(ABC):
    """What the suite needs of an implementation: new units of work, and what they committed."""

    @abstractmethod
    def work(self) -> Work:
        """Return a unit of work under CONTEXT."""

    @abstractmethod
    async def published(self) -> list[Envelope]:
        """Return every committed event, in order."""


class UnitOfWorkConformance:
    """The promises of a unit of work. Subclasses add a fixture `bench` that is a WorkBench."""

    async def test_committed_events_are_published_in_the_order_they_were_recorded(
        self, bench: WorkBench
    ) -> None:
        """Order is that of recording, whichever way an event was recorded."""
        async with bench.work() as work:
            work.record(_draft("a", 1))
            work.record_many([_draft("a", 2), _draft("b", 1)])
            work.record(_draft("a", 3))
        found = [(e.subject, e.sequence) for e in await bench.published()]
        assert found == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]

    async def test_an_event_carries_its_context_and_audit_facts(self, bench: WorkBench) -> None:
        """Nothing of who and why is lost on the way."""
        async with bench.work() as work:
            work.record(_draft("a", 1))
        (event,) = await bench.published()
        assert event.correlation_id == CONTEXT.correlation_id
        assert event.causation_id == CONTEXT.causation_id
        assert event.traceparent == CONTEXT.traceparent
        assert event.data["value"] == 1
        assert event.data["audit"] == {
            "actor": {
                "subject": "person-1",
                "client_id": "client-1",
                "roles": ["mis"],
                "ukprn": 10000001,
            },
            "action": "thing:changed",
            "resource_type": "thing",
            "resource_id": "a",
            "outcome": "done",
            "changed_fields": ["Status"],
        }

    async def test_a_failed_unit_of_work_publishes_nothing(self, bench: WorkBench) -> None:
        """State and event are one commit."""

        async def fail() -> None:
            async with bench.work() as work:
                work.record(_draft("a", 1))
                raise LookupError

        with pytest.raises(LookupError):
            await fail()
        assert await bench.published() == []

    async def test_a_generator_of_events_is_consumed_at_commit(self, bench: WorkBench) -> None:
        """A bulk use case need not hold its events in memory."""
        pulled = []

        def drafts() -> Iterable[EventDraft]:
            for number in range(1, 451):
                pulled.append(number)
                yield _draft("bulk", number)

        async with bench.work() as work:
            work.record_many(drafts())
            assert pulled == []
        assert [e.sequence for e in await bench.published()] == list(range(1, 451))

    async def test_an_open_unit_of_work_cannot_be_entered_again(self, bench: WorkBench) -> None:
        """Nesting would commit half of the outer one."""
        async with bench.work() as work:
            with pytest.raises(RuntimeError):
                await work.__aenter__()

    async def test_a_unit_of_work_can_be_used_again_after_it_was_left(
        self, bench: WorkBench
    ) -> None:
        """Nothing of an earlier use is published by a later one."""
        work = bench.work()

        async def fail() -> None:
            async with work:
                work.record(_draft("a", 1))
                raise LookupError

        with pytest.raises(LookupError):
            await fail()
        async with work:
            work.record(_draft("a", 2))
        assert [e.sequence for e in await bench.published()] == [2]

    async def test_a_repeated_request_gets_the_stored_outcome(self, bench: WorkBench) -> None:
        """The outcome is the same in every member."""
        outcome = StoredOutcome(201, "a", '"1"', "/v1/things/a")
        async with bench.work() as work:
            assert await work.replay_or_claim(_KEY) is None
            await work.store_outcome(outcome)
        async with bench.work() as work:
            assert await work.replay_or_claim(_KEY) == outcome

    async def test_another_request_under_the_same_key_is_refused(self, bench: WorkBench) -> None:
        """A key stands for one request."""
        async with bench.work() as work:
            await work.replay_or_claim(_KEY)
            await work.store_outcome(StoredOutcome(204))
        other = IdempotencyKey(_KEY.client_id, _KEY.key, b"other")
        with pytest.raises(Conflict) as caught:
            async with bench.work() as work:
                await work.replay_or_claim(other)
        assert caught.value.problem == "idempotency-key-reused"

    async def test_the_keys_of_two_clients_do_not_meet(self, bench: WorkBench) -> None:
        """One client cannot read another's outcome by guessing its key."""
        async with bench.work() as work:
            await work.replay_or_claim(_KEY)
            await work.store_outcome(StoredOutcome(204))
        async with bench.work() as work:
            other = IdempotencyKey("client-2", _KEY.key, _KEY.request_hash)
            assert await work.replay_or_claim(other) is None
            await work.store_outcome(StoredOutcome(204))

    async def test_a_failed_request_frees_its_key(self, bench: WorkBench) -> None:
        """A client may try again after an error."""

        async def fail() -> None:
            async with bench.work() as work:
                await work.replay_or_claim(_KEY)
                await work.store_outcome(StoredOutcome(204))
                raise LookupError

        with pytest.raises(LookupError):
            await fail()
        async with bench.work() as work:
            assert await work.replay_or_claim(_KEY) is None
            await work.store_outcome(StoredOutcome(204))

    async def test_a_claim_without_an_outcome_is_not_committed(self, bench: WorkBench) -> None:
        """A use case that forgets the outcome must not block its key for ever."""

        async def forget() -> None:
            async with bench.work() as work:
                await work.replay_or_claim(_KEY)
                work.record(_draft("a", 1))

        with pytest.raises(RuntimeError):
            await forget()
        assert await bench.published() == []
        async with bench.work() as work:
            assert await work.replay_or_claim(_KEY) is None
            await work.store_outcome(StoredOutcome(204))

    async def test_a_concurrent_duplicate_waits_and_replays(self, bench: WorkBench) -> None:
        """Two requests at once have one effect and one outcome."""
        outcomes: list[StoredOutcome] = []

        async def request(number: int) -> None:
            async with bench.work() as work:
                stored = await work.replay_or_claim(_KEY)
                if stored is None:
                    await asyncio.sleep(0.05)  # the others arrive while the claim is open
                    work.record(_draft("a", number))
                    stored = StoredOutcome(201, str(number), '"1"', f"/v1/things/{number}")
                    await work.store_outcome(stored)
                outcomes.append(stored)

        async with asyncio.TaskGroup() as tasks:
            for number in range(4):
                tasks.create_task(request(number))
        assert len(await bench.published()) == 1
        assert len(outcomes) == 4
        assert len(set(outcomes)) == 1


_KEY: Final = IdempotencyKey("client-1", "key-00000001", b"request")


def _draft(subject: str, sequence: int) -> EventDraft:
    return EventDraft(
        type="sample.thing.changed.v1",
        topic="sample.thing",
        subject=subject,
        sequence=sequence,
        data={"id": subject, "value": sequence},
        audit=AuditFacts("thing:changed", "thing", subject, changed_fields=("Status",)),
    )
