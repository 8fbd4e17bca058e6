"""Use cases of those who work: prepare a file, check a part of it, put its findings together.

Each has two halves. `ahead` does what takes long, outside of any transaction, and may be done
twice; `store` keeps the outcome in the transaction that marks its event as done, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ilr_validator.application.ports import (
    CheckedPart,
    Checks,
    Merged,
    Prepared,
    Unfit,
    Work,
    WorkFactory,
)
from ilr_validator.domain.findings import first_position
from ilr_validator.domain.validation import WAITING, Shard, Validation, ValidationState
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_contracts.events import (
    ShardRequested,
    ValidationChecked,
    ValidationFailed,
    ValidationFinished,
    ValidationRefused,
    ValidationStarted,
)

RESOURCE = "validation"


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended by a fault of ours, at this stage; trying again would not help."""

    stage: str


@dataclass(frozen=True, slots=True)
class FirstAndOnly:
    """A file of one part: prepared, checked and put together in one go."""

    prepared: Prepared
    part: CheckedPart
    merged: Merged


Outcome = Prepared | FirstAndOnly | Merged | Unfit | CheckedPart | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareValidation:
    """Opens a file that arrived and asks for its parts to be checked; does one part at once."""

    work: WorkFactory
    checks: Checks
    clock: Clock

    async def ahead(self, validation_id: UUID, context: ActionContext) -> Outcome | None:
        """Open the file; None where there is nothing to do."""
        async with self.work(context) as work:
            one = await work.validations.find(validation_id, lock=True)
            if one is None or one.state not in WAITING:
                return None
            await work.validations.change(one, state=ValidationState.PREPARING)
        found = await self.checks.prepare(one)
        if not isinstance(found, Prepared) or len(found.parts) != 1:
            return found
        (first, behind) = found.parts[0]
        part = await self.checks.check(one, Shard(validation_id, 0, first, behind))
        return FirstAndOnly(found, part, await self.checks.merge(one, [part.result]))

    async def store(self, work: Work, validation_id: UUID, outcome: Outcome) -> None:
        """Keep what was found out, and ask for the parts."""
        one = await work.validations.find(validation_id, lock=True)
        if one is None or one.state not in WAITING:
            return
        now = self.clock.now()
        match outcome:
            case Unfit():
                await refuse(work, one, now=now, problem=outcome.problem)
            case Merged():
                await end(work, one, outcome, now=now)
            case FirstAndOnly():
                one = await self._start(work, one, outcome.prepared)
                await work.validations.add_findings(validation_id, outcome.part.findings)
                one = await work.validations.change(
                    one, checked=outcome.prepared.learners, parts_left=0
                )
                await end(work, one, outcome.merged, now=now)
            case Prepared():
                await self._start(work, one, outcome)
                await self._ask(work, one, outcome.parts)
            case _:
                await fail(work, one, now=now, stage="preparing")

    async def _start(self, work: Work, one: Validation, found: Prepared) -> Validation:
        one = await work.validations.change(
            one,
            state=ValidationState.CHECKING,
            version=one.version + 1,
            academic_year=found.academic_year,
            return_name=found.return_name,
            pack_version=found.pack_version,
            reference_digest=found.reference_digest,
            learners=found.learners,
            parts=len(found.parts),
            parts_left=len(found.parts),
            started_at=self.clock.now(),
        )
        event = ValidationStarted(
            validation_id=one.validation_id,
            ukprn=one.ukprn,
            academic_year=found.academic_year,
            ilr_return=found.return_name,
            learners=found.learners,
            parts=len(found.parts),
            pack_version=found.pack_version,
        )
        work.publish(
            event,
            subject=one.validation_id,
            sequence=one.version,
            action="validation:started",
            resource_type=RESOURCE,
            ukprn=one.ukprn,
        )
        return one

    async def _ask(self, work: Work, one: Validation, parts: Sequence[tuple[int, int]]) -> None:
        shards = [
            Shard(one.validation_id, number, first, behind)
            for number, (first, behind) in enumerate(parts)
        ]
        await work.validations.add_shards(shards)
        for shard in shards:
            work.publish(
                ShardRequested(
                    validation_id=shard.validation_id,
                    number=shard.number,
                    first=shard.first,
                    behind=shard.behind,
                ),
                subject=shard.key,
                sequence=1,
                action="validation:shard:requested",
                resource_type="shard",
                ukprn=one.ukprn,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckShard:
    """Checks a part of a file; who stores the last one asks for the findings to be put together."""

    work: WorkFactory
    checks: Checks
    clock: Clock

    async def ahead(self, shard: Shard, context: ActionContext) -> Outcome | None:
        """Check the part; None where it was checked before, or its validation has ended."""
        async with self.work(context) as work:
            one = await work.validations.find(shard.validation_id)
            known = await work.validations.shard(shard.validation_id, shard.number)
        if one is None or one.state is not ValidationState.CHECKING or known is None:
            return None
        mine, is_checked = known
        return None if is_checked else await self.checks.check(one, mine)

    async def store(self, work: Work, shard: Shard, outcome: Outcome) -> None:
        """Keep what was found in the part, once."""
        one = await work.validations.find(shard.validation_id, lock=True)
        if one is None or one.state is not ValidationState.CHECKING:
            return
        now = self.clock.now()
        if not isinstance(outcome, CheckedPart):
            await fail(work, one, now=now, stage="checking")
            return
        if not await work.validations.store_result(shard, outcome.result, now=now):
            return
        await work.validations.add_findings(one.validation_id, outcome.findings)
        left = (one.parts_left or 0) - 1
        one = await work.validations.change(
            one,
            checked=one.checked + outcome.learners,
            errors=one.errors + outcome.errors,
            warnings=one.warnings + outcome.warnings,
            parts_left=left,
        )
        if left == 0:
            await self._last(work, one)

    async def _last(self, work: Work, one: Validation) -> None:
        one = await work.validations.change(
            one, state=ValidationState.MERGING, version=one.version + 1
        )
        work.publish(
            ValidationChecked(
                validation_id=one.validation_id, ukprn=one.ukprn, parts=one.parts or 0
            ),
            subject=one.validation_id,
            sequence=one.version,
            action="validation:checked",
            resource_type=RESOURCE,
            ukprn=one.ukprn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeValidation:
    """Puts together what the parts found, judges the whole file, and writes the reports."""

    work: WorkFactory
    checks: Checks
    clock: Clock

    async def ahead(self, validation_id: UUID, context: ActionContext) -> Outcome | None:
        """Write the reports; None where there is nothing to do."""
        async with self.work(context) as work:
            one = await work.validations.find(validation_id)
            if one is None or one.state is not ValidationState.MERGING:
                return None
            parts = await work.validations.results(validation_id)
        return await self.checks.merge(one, parts)

    async def store(self, work: Work, validation_id: UUID, outcome: Outcome) -> None:
        """End the validation, once."""
        one = await work.validations.find(validation_id, lock=True)
        if one is None or one.state is not ValidationState.MERGING:
            return
        if isinstance(outcome, Merged):
            await end(work, one, outcome, now=self.clock.now())
        else:
            await fail(work, one, now=self.clock.now(), stage="merging")


async def end(work: Work, one: Validation, merged: Merged, *, now: datetime) -> None:
    """Finish a validation, or refuse its file by file rules."""
    if merged.refused_in is not None:
        await work.validations.drop_findings(
            one.validation_id, behind=first_position(merged.refused_in)
        )
    await work.validations.add_findings(one.validation_id, merged.findings)
    await work.validations.drop_shards(one.validation_id)
    one = await work.validations.change(
        one,
        academic_year=merged.academic_year,
        return_name=merged.return_name,
        pack_version=merged.pack_version,
        errors=merged.errors,
        warnings=merged.warnings,
        not_run=dict(merged.not_run),
        report_folder=merged.report_folder,
        report_kinds=merged.report_kinds,
    )
    if merged.is_refused:
        await refuse(work, one, now=now, refusals=len(merged.findings))
        return
    one = await work.validations.change(
        one, state=ValidationState.FINISHED, version=one.version + 1, ended_at=now
    )
    work.publish(
        ValidationFinished(
            validation_id=one.validation_id,
            ukprn=one.ukprn,
            academic_year=merged.academic_year,
            ilr_return=merged.return_name,
            learners=one.learners or 0,
            errors=merged.errors,
            warnings=merged.warnings,
            not_run=len(merged.not_run),
            pack_version=merged.pack_version,
            reference_digest=one.reference_digest,
        ),
        subject=one.validation_id,
        sequence=one.version,
        action="validation:finished",
        resource_type=RESOURCE,
        ukprn=one.ukprn,
    )


async def refuse(
    work: Work, one: Validation, *, now: datetime, problem: str | None = None, refusals: int = 0
) -> None:
    """Refuse the file as a whole: for a problem, or by file rules that stand in its findings."""
    one = await work.validations.change(
        one,
        state=ValidationState.REFUSED,
        version=one.version + 1,
        problem=problem,
        ended_at=now,
    )
    work.publish(
        ValidationRefused(
            validation_id=one.validation_id, ukprn=one.ukprn, refusals=refusals, problem=problem
        ),
        subject=one.validation_id,
        sequence=one.version,
        action="validation:refused",
        resource_type=RESOURCE,
        ukprn=one.ukprn,
    )


async def fail(work: Work, one: Validation, *, now: datetime, stage: str) -> None:
    """End a validation by a fault of ours; the same file may be sent again."""
    await work.validations.drop_shards(one.validation_id)
    await work.validations.drop_findings(one.validation_id)
    one = await work.validations.change(
        one,
        state=ValidationState.FAILED,
        version=one.version + 1,
        problem="internal-error",
        ended_at=now,
    )
    work.publish(
        ValidationFailed(validation_id=one.validation_id, ukprn=one.ukprn, stage=stage),
        subject=one.validation_id,
        sequence=one.version,
        action="validation:failed",
        resource_type=RESOURCE,
        ukprn=one.ukprn,
        outcome="failed",
    )
