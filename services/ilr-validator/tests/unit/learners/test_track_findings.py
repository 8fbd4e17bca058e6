"""What is kept of a learner's findings: year by year, newest version first, judged rules only."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import pytest

from ilr_validator.application.check_learner import FormFinding, FormResult, Occasion
from ilr_validator.application.learner_ports import Judgement, LearnerRecord
from ilr_validator.application.track_findings import (
    READ_AT_ONCE,
    JudgedLearner,
    LearnerChange,
    TrackFindings,
)
from ilr_validator.domain.learner_findings import (
    FindingChanges,
    KeptFinding,
    Key,
    LearnerFinding,
    LearnerFindingFilter,
    LearnerState,
    YearSummary,
)
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import FixedClock
from matricula_chassis.errors import Unavailable
from matricula_contracts.events import Event

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
UKPRN = 10_000_001
CONTEXT = ActionContext.system("ilr-validator", "test")
STAGES = frozenset({"Schema", "field", "business"})


class Records:
    def __init__(self) -> None:
        self.stored: dict[UUID, LearnerRecord] = {}
        self.is_silent = False
        self.read_ids: list[UUID] = []

    async def read(
        self, learner_ids: Sequence[UUID], *, ukprn: int, correlation_id: str
    ) -> Mapping[UUID, LearnerRecord]:
        assert (ukprn, correlation_id) == (UKPRN, "c-1")
        assert len(learner_ids) <= READ_AT_ONCE
        self.read_ids += learner_ids
        if self.is_silent:
            raise Unavailable("unavailable")
        return {one: self.stored[one] for one in learner_ids if one in self.stored}


class Checks:
    """Finds in a record what it says under the year: rules, `"!"` in front of those not run."""

    async def judge(
        self,
        academic_year: str,
        records: Sequence[Mapping[str, Any]],
        occasion: Occasion,
        *,
        is_stored: bool = False,
    ) -> Judgement:
        assert occasion.ukprn == UKPRN
        assert is_stored
        results = []
        for record in records:
            says = record.get(academic_year, ())
            results.append(
                FormResult(
                    tuple(
                        FormFinding(rule, "E", "text", 1, ("/ULN",), (("ULN", 7),))
                        for rule in says
                        if not rule.startswith("!")
                    ),
                    tuple(rule[1:] for rule in says if rule.startswith("!")),
                    record.get("stages", STAGES),
                )
            )
        return Judgement("1.0", None, results, lambda rule: None if rule == "Gone" else "business")


class Store:
    """Keeps findings in memory; also the unit of work."""

    def __init__(self) -> None:
        self.checked: dict[tuple[UUID, str], LearnerState] = {}
        self.open: dict[tuple[UUID, str], dict[Key, LearnerFinding]] = {}
        self.events: list[Event] = []

    @property
    def learner_findings(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        return None

    def publish(self, event: Event, **facts: Any) -> None:
        counts = [one for one in self.events if one.data()["learner_id"] == str(facts["subject"])]
        assert facts["sequence"] == len(counts) + 1
        self.events.append(event)

    async def lock(self, learner_ids: Sequence[UUID], *, ukprn: int) -> None:
        assert learner_ids
        assert ukprn == UKPRN

    async def versions(self, learner_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], int]:
        return {key: one.version for key, one in self.checked.items() if key[0] in learner_ids}

    async def states(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[UUID, Mapping[str, LearnerState]]:
        assert ukprn == UKPRN
        return {
            learner_id: {key[1]: one for key, one in self.checked.items() if key[0] == learner_id}
            for learner_id in learner_ids
        }

    async def standing(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[tuple[UUID, str], Mapping[Key, LearnerFinding]]:
        assert ukprn == UKPRN
        return {key: dict(one) for key, one in self.open.items() if key[0] in learner_ids}

    async def keep(self, checked: Sequence[tuple[LearnerState, FindingChanges]]) -> None:
        for state, changes in checked:
            key = (state.learner_id, state.academic_year)
            self.checked[key] = state
            standing = self.open.setdefault(key, {})
            standing |= {one.key: one for one in (*changes.opened, *changes.altered)}
            for one in changes.closed:
                del standing[one.key]
            assert len(standing) == changes.open

    async def summary(self, *, ukprn: int) -> Sequence[YearSummary]:
        raise NotImplementedError

    async def page(
        self,
        learner_id: UUID,
        *,
        ukprn: int,
        wanted: LearnerFindingFilter,
        after: UUID | None,
        limit: int,
    ) -> Sequence[KeptFinding]:
        raise NotImplementedError

    def rules(self, learner_id: UUID, year: str = "2025-26") -> list[str]:
        return sorted(rule for rule, _aim, _place in self.open.get((learner_id, year), {}))


class Bench:
    def __init__(self, years: Callable[[date], Sequence[str]]) -> None:
        self.records, self.store = Records(), Store()
        self.learner_id = uuid4()
        self.track = TrackFindings(
            records=self.records,
            checks=Checks(),
            work=lambda _context: self.store,
            clock=FixedClock(NOON),
            years=years,
        )

    def stand(self, version: int, says: Mapping[str, Any]) -> None:
        self.records.stored[self.learner_id] = LearnerRecord(self.learner_id, UKPRN, version, says)

    async def ahead(self, version: int) -> Any:
        change = LearnerChange(self.learner_id, UKPRN, version, "c-1")
        return (await self.track.ahead([change], CONTEXT))[self.learner_id]

    async def change(self, version: int, says: Mapping[str, Sequence[str]], **more: Any) -> None:
        self.stand(version, {**says, **more})
        outcome = await self.ahead(version)
        assert isinstance(outcome, JudgedLearner)
        await self.track.store(self.store, [outcome])


@pytest.fixture
def bench() -> Bench:
    return Bench(lambda _day: ("2025-26", "2026-27"))


def counts(event: Any) -> tuple[str, int, int, int]:
    return event.academic_year, event.opened, event.closed, event.open


async def test_findings_open_stay_and_close(bench: Bench) -> None:
    await bench.change(1, {"2025-26": ["A", "B"]})
    await bench.change(2, {"2025-26": ["B", "C"]})
    await bench.change(3, {"2025-26": ["B", "C"]})
    assert bench.store.rules(bench.learner_id) == ["B", "C"]
    assert [counts(one) for one in bench.store.events] == [
        ("2025-26", 2, 0, 2),
        ("2025-26", 1, 1, 2),
    ]


async def test_two_open_years_do_not_leak_into_each_other(bench: Bench) -> None:
    await bench.change(1, {"2025-26": ["A"], "2026-27": ["A", "Z"]})
    await bench.change(2, {"2026-27": ["A"]})
    assert bench.store.rules(bench.learner_id, "2025-26") == []
    assert bench.store.rules(bench.learner_id, "2026-27") == ["A"]
    assert [counts(one) for one in bench.store.events] == [
        ("2025-26", 1, 0, 1),
        ("2026-27", 2, 0, 2),
        ("2025-26", 0, 1, 0),
        ("2026-27", 0, 1, 1),
    ]


async def test_an_older_version_never_overwrites_a_newer(bench: Bench) -> None:
    bench.stand(1, {"2025-26": ["Old"]})
    late = await bench.ahead(1)
    await bench.change(2, {"2025-26": ["New"]})
    await bench.track.store(bench.store, [late])
    assert bench.store.rules(bench.learner_id) == ["New"]
    assert bench.store.checked[bench.learner_id, "2025-26"].version == 2


async def test_the_silence_of_a_rule_that_was_not_run_closes_nothing(bench: Bench) -> None:
    await bench.change(1, {"2025-26": ["A", "B", "Gone"]})
    await bench.change(2, {"2025-26": ["!A"]})
    assert bench.store.rules(bench.learner_id) == ["A"]
    assert bench.store.checked[bench.learner_id, "2025-26"].not_run == ("A",)


async def test_what_a_field_error_keeps_from_the_rules_stays_open(bench: Bench) -> None:
    await bench.change(1, {"2025-26": ["A"]})
    await bench.change(2, {"2025-26": ["FD"]}, stages=frozenset({"Schema", "field"}))
    assert bench.store.rules(bench.learner_id) == ["A", "FD"]


async def test_several_findings_of_one_rule_are_told_apart(bench: Bench) -> None:
    await bench.change(1, {"2025-26": ["A", "A", "A"]})
    await bench.change(2, {"2025-26": ["A"]})
    assert bench.store.rules(bench.learner_id) == ["A"]
    assert counts(bench.store.events[-1]) == ("2025-26", 0, 2, 1)


async def test_a_version_that_was_checked_is_not_read_again(bench: Bench) -> None:
    await bench.change(2, {"2025-26": ["A"]})
    bench.records.read_ids.clear()
    assert await bench.ahead(1) is None
    assert await bench.ahead(2) is None
    assert bench.records.read_ids == []


async def test_a_silent_owner_is_an_outage(bench: Bench) -> None:
    bench.stand(1, {})
    bench.records.is_silent = True
    assert isinstance(await bench.ahead(1), Unavailable)


async def test_many_learners_are_read_some_at_a_time(bench: Bench) -> None:
    ids = [uuid4() for _ in range(READ_AT_ONCE + 1)]
    bench.records.stored = {one: LearnerRecord(one, UKPRN, 1, {"2025-26": ["A"]}) for one in ids}
    changes = [LearnerChange(one, UKPRN, 1, "c-1") for one in ids]
    found = await bench.track.ahead(changes, CONTEXT)
    await bench.track.store(
        bench.store, [one for one in found.values() if isinstance(one, JudgedLearner)]
    )
    assert bench.records.read_ids == ids
    assert {one[0] for one in bench.store.open} == set(ids)


async def test_an_answer_older_than_the_event_is_asked_for_again(bench: Bench) -> None:
    bench.stand(1, {})
    assert isinstance(await bench.ahead(2), Unavailable)


async def test_a_learner_that_is_gone_leads_to_nothing(bench: Bench) -> None:
    assert await bench.ahead(1) is None
