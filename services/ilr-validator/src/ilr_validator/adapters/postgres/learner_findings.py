"""Findings of live learners in PostgreSQL, within the unit of work that is open."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ilr_validator.adapters.postgres.tables import learner_check, learner_finding
from ilr_validator.domain.learner_findings import (
    FindingChanges,
    KeptFinding,
    Key,
    LearnerFinding,
    LearnerFindingFilter,
    LearnerState,
    RuleCount,
    YearSummary,
)
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.ids import IdSource

_FINDING: Final = ("rule", "aim_seq_number", "ordinal", "severity", "pointers")
_LIFE: Final = (
    "finding_id", "learner_id", "academic_year",
    "opened_at", "opened_version", "closed_at", "closed_version",
)  # fmt: skip


class LearnerFindingStore:
    """The repository of what live learners break."""

    def __init__(self, work: UnitOfWork, *, ids: IdSource) -> None:
        self._work = work
        self._ids = ids

    async def lock(self, learner_ids: Sequence[UUID], *, ukprn: int) -> None:
        """Wait until nobody else keeps findings of these learners, to the end of the transaction.

        In one order for everybody, so that no two wait for each other.
        """
        names = sa.func.unnest(
            sa.cast([f"{ukprn}/{one}" for one in sorted(learner_ids)], sa.ARRAY(sa.Text))
        ).column_valued("name")
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(names, 3))
        await self._work.session.execute(sa.select(lock))

    # lint-skip: tenant-scope-required what is known of changes of every provider
    async def versions(self, learner_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], int]:
        """Return the version at which learners were last checked, by learner and year."""
        query = sa.select(
            learner_check.c.learner_id, learner_check.c.academic_year, learner_check.c.version
        ).where(_is_any(learner_check.c.learner_id, learner_ids))
        return {(row[0], row[1]): row[2] for row in await self._work.session.execute(query)}

    async def states(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[UUID, Mapping[str, LearnerState]]:
        """Return how learners of this provider were last checked, by learner and year."""
        query = (
            sa.select(learner_check)
            .where(_is_any(learner_check.c.learner_id, learner_ids), learner_check.c.ukprn == ukprn)
            .order_by(learner_check.c.academic_year)
        )
        found: dict[UUID, dict[str, LearnerState]] = {}
        for row in (await self._work.session.execute(query)).mappings():
            state = LearnerState(**{**row, "not_run": tuple(row["not_run"])})
            found.setdefault(state.learner_id, {})[state.academic_year] = state
        return found

    async def standing(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[tuple[UUID, str], Mapping[Key, LearnerFinding]]:
        """Return the open findings of learners of this provider, by learner and year."""
        query = sa.select(
            learner_finding.c.learner_id,
            learner_finding.c.academic_year,
            *(learner_finding.c[name] for name in _FINDING),
        ).where(
            _is_any(learner_finding.c.learner_id, learner_ids),
            learner_finding.c.ukprn == ukprn,
            learner_finding.c.closed_at.is_(None),
        )
        found: dict[tuple[UUID, str], dict[Key, LearnerFinding]] = {}
        for row in (await self._work.session.execute(query)).mappings():
            one = _finding(row)
            found.setdefault((row["learner_id"], row["academic_year"]), {})[one.key] = one
        return found

    async def keep(self, checked: Sequence[tuple[LearnerState, FindingChanges]]) -> None:
        """Store that learners were checked and what came up, changed and went."""
        if not checked:
            return
        keys = ("learner_id", "academic_year")
        rows = [{**asdict(state), "not_run": list(state.not_run)} for state, _ in checked]
        statement = insert(learner_check).values(rows)
        others = [name for name in rows[0] if name not in keys]
        await self._work.session.execute(
            statement.on_conflict_do_update(
                index_elements=keys, set_={name: statement.excluded[name] for name in others}
            )
        )
        opened = [self._opened(one, state) for state, changes in checked for one in changes.opened]
        if opened:
            await self._work.session.execute(sa.insert(learner_finding), opened)
        for state, changes in checked:
            for one in changes.altered:
                await self._change(one, state, severity=one.severity, pointers=list(one.pointers))
            for one in changes.closed:
                await self._change(
                    one, state, closed_at=state.checked_at, closed_version=state.version
                )

    async def page(
        self,
        learner_id: UUID,
        *,
        ukprn: int,
        wanted: LearnerFindingFilter,
        after: UUID | None,
        limit: int,
    ) -> Sequence[KeptFinding]:
        """Return findings of a learner of this provider, the oldest first, behind a position."""
        query = sa.select(*(learner_finding.c[name] for name in (*_LIFE, *_FINDING))).where(
            learner_finding.c.learner_id == learner_id, learner_finding.c.ukprn == ukprn
        )
        if wanted.academic_year is not None:
            query = query.where(learner_finding.c.academic_year == wanted.academic_year)
        if wanted.severity is not None:
            query = query.where(learner_finding.c.severity == wanted.severity)
        if wanted.is_open is not None:
            closed = learner_finding.c.closed_at.is_not(None)
            query = query.where(~closed if wanted.is_open else closed)
        if after is not None:
            query = query.where(learner_finding.c.finding_id > after)
        query = query.order_by(learner_finding.c.finding_id).limit(limit)
        found = (await self._work.session.execute(query)).mappings()
        return [
            KeptFinding(**{name: row[name] for name in _LIFE}, finding=_finding(row))
            for row in found
        ]

    async def summary(self, *, ukprn: int) -> Sequence[YearSummary]:
        """Return how many learners of this provider were checked and what stands, by year."""
        check, finding = learner_check, learner_finding
        rule = sa.func.unnest(check.c.not_run).table_valued("name").render_derived().lateral()
        counts = sa.select(check.c.academic_year, sa.func.count()).where(check.c.ukprn == ukprn)
        not_run = (
            sa.select(check.c.academic_year, sa.func.count(sa.distinct(rule.c.name)))
            .join(rule, sa.true())
            .where(check.c.ukprn == ukprn)
        )
        standing = sa.select(
            finding.c.academic_year,
            finding.c.rule,
            finding.c.severity,
            sa.func.count().label("findings"),
            sa.func.count(sa.distinct(finding.c.learner_id)).label("learners"),
        ).where(finding.c.ukprn == ukprn, finding.c.closed_at.is_(None))
        rows = await self._work.session.execute(
            standing.group_by(finding.c.academic_year, finding.c.rule, finding.c.severity)
        )
        rules: dict[str, list[RuleCount]] = {}
        for year, *facts in rows:
            rules.setdefault(year, []).append(RuleCount(*facts))
        silent = await self._by_year(not_run.group_by(check.c.academic_year))
        checked = await self._by_year(counts.group_by(check.c.academic_year))
        return [
            YearSummary(
                year,
                learners,
                silent.get(year, 0),
                tuple(sorted(rules.get(year, ()), key=lambda one: (-one.findings, one.rule))),
            )
            for year, learners in sorted(checked.items())
        ]

    async def _by_year(self, query: sa.Select[Any]) -> dict[str, int]:
        return {row[0]: row[1] for row in await self._work.session.execute(query)}

    def _opened(self, one: LearnerFinding, state: LearnerState) -> dict[str, Any]:
        return {
            **asdict(one),
            "pointers": list(one.pointers),
            "finding_id": self._ids.uuid7(),
            "learner_id": state.learner_id,
            "academic_year": state.academic_year,
            "ukprn": state.ukprn,
            "opened_at": state.checked_at,
            "opened_version": state.version,
        }

    async def _change(self, one: LearnerFinding, state: LearnerState, **values: Any) -> None:
        await self._work.session.execute(
            sa.update(learner_finding)
            .where(
                learner_finding.c.learner_id == state.learner_id,
                learner_finding.c.academic_year == state.academic_year,
                learner_finding.c.ukprn == state.ukprn,
                learner_finding.c.rule == one.rule,
                learner_finding.c.aim_seq_number.is_not_distinct_from(one.aim_seq_number),
                learner_finding.c.ordinal == one.ordinal,
                learner_finding.c.closed_at.is_(None),
            )
            .values(**values)
        )


def _finding(row: Any) -> LearnerFinding:
    values = {name: row[name] for name in _FINDING}
    return LearnerFinding(**{**values, "pointers": tuple(values["pointers"])})


def _is_any(column: sa.Column[UUID], values: Sequence[UUID]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.cast(list(values), sa.ARRAY(sa.Uuid)))
