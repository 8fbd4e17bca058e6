"""Use case: check live learners again after a change, and keep what they break, year by year.

Reading and checking take long and come before the transaction; what was found is kept together with
the mark in the inbox. An older version of a record never overwrites what a newer one led to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from ilr_validator.application.check_learner import FormResult, Occasion
from ilr_validator.application.learner_ports import (
    Judgement,
    LearnerChecks,
    LearnerRecord,
    LearnerRecords,
    LearnerWork,
    LearnerWorkFactory,
)
from ilr_validator.domain.learner_findings import (
    FindingChanges,
    Key,
    LearnerFinding,
    LearnerState,
    numbered,
)
from ilr_validator.packs.calendar import open_years, return_at
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock, london_date
from matricula_chassis.errors import Unavailable
from matricula_contracts.events import LearnerFindingsChanged

READ_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class LearnerChange:
    """A learner of a provider stands at this version now, or at a later one."""

    learner_id: UUID
    ukprn: int
    version: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class JudgedYear:
    """What one year's rules say of one version of a learner."""

    academic_year: str
    return_name: str | None
    by: Judgement
    result: FormResult

    def findings(self) -> list[LearnerFinding]:
        """Return what is kept of the findings: nothing of the values."""
        return numbered(
            LearnerFinding(one.rule, one.aim_seq_number, 0, one.severity, one.pointers)
            for one in self.result.findings
        )

    def was_judged(self, rule: str) -> bool:
        """Say whether a rule was judged, so that its silence means something.

        The silence of a rule that the year no longer has does as well.
        """
        stage = self.by.stage_of(rule)
        return stage is None or (stage in self.result.stages and rule not in self.result.not_run)


@dataclass(frozen=True, slots=True)
class JudgedLearner:
    """A learner as it was read and checked."""

    learner_id: UUID
    ukprn: int
    version: int
    at: datetime
    years: tuple[JudgedYear, ...]


Outcome = JudgedLearner | Exception | None
"""None: there is nothing to keep."""


class TrackFindings:
    """Checks changed learners by the rules of every open year and keeps the findings."""

    def __init__(
        self,
        *,
        records: LearnerRecords,
        checks: LearnerChecks,
        work: LearnerWorkFactory,
        clock: Clock,
        years: Callable[[date], Sequence[str]] = open_years,
    ) -> None:
        self._records = records
        self._checks = checks
        self._work = work
        self._clock = clock
        self._years = years

    async def ahead(
        self, changes: Sequence[LearnerChange], context: ActionContext
    ) -> Mapping[UUID, Outcome]:
        """Read and check learners; what went wrong with one stands in its place."""
        at = self._clock.now()
        years = self._years(london_date(at))
        newest = {one.learner_id: one for one in sorted(changes, key=lambda one: one.version)}
        wanted = await self._not_known(list(newest.values()), years, context)
        read = await self._read(wanted)
        outcomes: dict[UUID, Outcome] = dict.fromkeys(newest)
        outcomes |= {key: one for key, one in read.items() if isinstance(one, Exception)}
        found = [one for one in read.values() if isinstance(one, LearnerRecord)]
        for ukprn in {one.ukprn for one in found}:
            own = [one for one in found if one.ukprn == ukprn]
            outcomes |= await self._judged(own, years, ukprn, at)
        return outcomes

    async def store(self, work: LearnerWork, judged: Sequence[JudgedLearner]) -> None:
        """Keep what was found of learners, unless newer versions were checked meanwhile."""
        for ukprn in {one.ukprn for one in judged}:
            # Several events of one learner lead to the same outcome.
            own = {one.learner_id: one for one in judged if one.ukprn == ukprn}
            store = work.learner_findings
            await store.lock(list(own), ukprn=ukprn)
            states = await store.states(list(own), ukprn=ukprn)
            standing = await store.standing(list(own), ukprn=ukprn)
            checked: list[tuple[LearnerState, FindingChanges]] = []
            for one in own.values():
                checked += _compare(work, one, states.get(one.learner_id, {}), standing)
            await store.keep(checked)

    async def _not_known(
        self, changes: Sequence[LearnerChange], years: Sequence[str], context: ActionContext
    ) -> list[LearnerChange]:
        """Leave out what was checked at this version or a later one, by every year's rules."""
        async with self._work(context) as work:
            known = await work.learner_findings.versions([one.learner_id for one in changes])
        return [
            one
            for one in changes
            if any(known.get((one.learner_id, year), 0) < one.version for year in years)
        ]

    async def _read(
        self, changes: Sequence[LearnerChange]
    ) -> dict[UUID, LearnerRecord | Exception | None]:
        found: dict[UUID, LearnerRecord | Exception | None] = {}
        for ukprn in {one.ukprn for one in changes}:
            own = [one for one in changes if one.ukprn == ukprn]
            for start in range(0, len(own), READ_AT_ONCE):
                found |= await self._read_some(own[start : start + READ_AT_ONCE], ukprn)
        return found

    async def _read_some(
        self, changes: Sequence[LearnerChange], ukprn: int
    ) -> dict[UUID, LearnerRecord | Exception | None]:
        ids = [one.learner_id for one in changes]
        try:
            read = await self._records.read(
                ids, ukprn=ukprn, correlation_id=changes[0].correlation_id
            )
        except Unavailable as error:
            return dict.fromkeys(ids, error)
        return {one.learner_id: _recent(read.get(one.learner_id), one) for one in changes}

    async def _judged(
        self, own: Sequence[LearnerRecord], years: Sequence[str], ukprn: int, at: datetime
    ) -> dict[UUID, Outcome]:
        try:
            judged = [await self._judge(year, own, ukprn, at) for year in years]
        except Exception as error:  # noqa: BLE001 - it stands in the place of the one at fault
            if len(own) == 1:
                return {own[0].learner_id: error}
            alone: dict[UUID, Outcome] = {}
            for one in own:
                alone |= await self._judged([one], years, ukprn, at)
            return alone
        return {
            one.learner_id: JudgedLearner(
                one.learner_id, ukprn, one.version, at, tuple(year[place] for year in judged)
            )
            for place, one in enumerate(own)
        }

    async def _judge(
        self, year: str, records: Sequence[LearnerRecord], ukprn: int, at: datetime
    ) -> list[JudgedYear]:
        occasion = Occasion(ukprn, at, return_at(year, london_date(at)))
        by = await self._checks.judge(
            year, [one.record for one in records], occasion, is_stored=True
        )
        return [JudgedYear(year, occasion.return_name, by, result) for result in by.results]


def _recent(found: LearnerRecord | None, change: LearnerChange) -> LearnerRecord | Exception | None:
    if found is not None and found.version < change.version:
        return Unavailable("unavailable", fault="older_than_the_event")
    return found


def _compare(
    work: LearnerWork,
    judged: JudgedLearner,
    states: Mapping[str, LearnerState],
    standing: Mapping[tuple[UUID, str], Mapping[Key, LearnerFinding]],
) -> Iterator[tuple[LearnerState, FindingChanges]]:
    """Compare with what stands, year by year, and publish what is new."""
    sequence = max((one.sequence for one in states.values()), default=0)
    for year in judged.years:
        known = states.get(year.academic_year)
        if known is not None and known.version > judged.version:
            continue
        changes = FindingChanges.between(
            standing.get((judged.learner_id, year.academic_year), {}),
            year.findings(),
            was_judged=year.was_judged,
        )
        sequence += changes.has_news
        if changes.has_news:
            _publish(work, judged, year, changes, sequence)
        yield _state(judged, year, sequence), changes


def _state(judged: JudgedLearner, year: JudgedYear, sequence: int) -> LearnerState:
    return LearnerState(
        learner_id=judged.learner_id,
        academic_year=year.academic_year,
        ukprn=judged.ukprn,
        version=judged.version,
        pack_version=year.by.pack_version,
        reference_digest=year.by.reference_digest,
        return_name=year.return_name,
        checked_at=judged.at,
        not_run=year.result.not_run,
        sequence=sequence,
    )


def _publish(
    work: LearnerWork,
    judged: JudgedLearner,
    year: JudgedYear,
    changes: FindingChanges,
    sequence: int,
) -> None:
    work.publish(
        LearnerFindingsChanged(
            learner_id=judged.learner_id,
            ukprn=judged.ukprn,
            academic_year=year.academic_year,
            version=judged.version,
            opened=len(changes.opened),
            closed=len(changes.closed),
            open=changes.open,
        ),
        subject=judged.learner_id,
        sequence=sequence,
        action="learner:findings_changed",
        resource_type="learner",
        ukprn=judged.ukprn,
    )
