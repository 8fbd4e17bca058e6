"""Use case: read a submission's file, check every record and stage it.

Run by the intake worker for a submission that it alone holds. May be stopped anywhere: what is
staged is the ledger, and the next run goes on behind it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from learner_api.application.find_conflicts import find_conflicts
from learner_api.application.ports import (
    ConsentRegistry,
    Indexes,
    RecordFile,
    Refusal,
    Uploads,
    Work,
    WorkFactory,
)
from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileRefused
from learner_api.domain.staged import Coverage, StagedRecord, staged_from
from learner_api.domain.submission import DATA_SET, Counts, Submission, SubmissionState
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock, london_date
from matricula_chassis.errors import Unavailable
from matricula_chassis.ids import IdSource
from matricula_contracts.events import SubmissionChecked, SubmissionRefused

CHUNK_RECORDS: Final = 1_000
RETRY_AFTER: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSubmission:
    """The command and its means."""

    work: WorkFactory
    uploads: Uploads
    consent: ConsentRegistry
    indexes: Indexes
    clock: Clock
    ids: IdSource

    async def __call__(self, submission_id: UUID, context: ActionContext) -> None:
        """Bring one submission to `checked` or `refused`, or leave it waiting for a decision."""
        async with self.work(context) as work:
            one = await work.submissions.claimed(submission_id)
        upload = await self.uploads.open(submission_id, media_type=one.media_type)
        try:
            with upload as file:
                await self._check(one, file, context)
        except FileRefused as refused:
            await self._refuse(
                submission_id, context, problem=refused.problem, details=dict(refused.context)
            )

    async def give_up(self, submission_id: UUID, context: ActionContext) -> None:
        """Refuse a submission whose checking fails time and again for a reason of our own."""
        await self._refuse(submission_id, context, problem="internal-error", details={})

    async def _check(self, one: Submission, file: RecordFile, context: ActionContext) -> None:
        head = await asyncio.to_thread(file.head)
        if head.ukprn != one.ukprn:
            await self._refuse(one.submission_id, context, problem="ukprn-mismatch", details={})
            return
        coverage = await self._coverage(one, file.format, context)
        if isinstance(coverage, Refusal):
            await self._refuse(one.submission_id, context, problem=coverage.problem, details={})
        elif coverage is not None:
            await self._stage(one, file, coverage, context)
            await self._finish(one.submission_id, context)

    async def _coverage(
        self, one: Submission, file_format: str, context: ActionContext
    ) -> Coverage | Refusal | None:
        """Return what was decided when the header had been read; None while nobody can be asked."""
        if one.decision is not None:
            return _coverage_from(one)
        try:
            answer = await self.consent.coverage(
                partner=one.partner,
                ukprn=one.ukprn,
                at=one.received_at,
                correlation_id=context.correlation_id,
            )
        except Unavailable:
            await self._wait(one.submission_id, context)
            return None
        if isinstance(answer, Coverage):
            await self._begin(one.submission_id, file_format, answer, context)
        return answer

    async def _wait(self, submission_id: UUID, context: ActionContext) -> None:
        async with self.work(context) as work:
            one = await work.submissions.claimed(submission_id, lock=True)
            await work.submissions.change(
                one,
                state=SubmissionState.WAITING_FOR_DECISION,
                next_attempt_at=self.clock.now() + RETRY_AFTER,
            )

    async def _begin(
        self, submission_id: UUID, file_format: str, coverage: Coverage, context: ActionContext
    ) -> None:
        async with self.work(context) as work:
            one = await work.submissions.claimed(submission_id, lock=True)
            await work.submissions.change(
                one,
                state=SubmissionState.CHECKING,
                file_format=file_format,
                agreement_id=coverage.agreement_id,
                agreement_version=coverage.agreement_version,
                decision={"agreed": sorted(coverage.agreed), "based": sorted(coverage.based)},
                checking_started_at=self.clock.now(),
                next_attempt_at=None,
            )

    async def _stage(
        self, one: Submission, file: RecordFile, coverage: Coverage, context: ActionContext
    ) -> None:
        async with self.work(context) as work:
            last = await work.staging.last_position(one.submission_id)
            counts = _counts(await work.staging.counts(one.submission_id))
        records = file.records()

        def next_chunk() -> list[StagedRecord]:
            fresh = (record for record in records if last is None or record.position > last)
            return [self._staged(one, record) for record in islice(fresh, CHUNK_RECORDS)]

        # One chunk is read in a thread while the one before it is stored.
        upcoming = asyncio.create_task(asyncio.to_thread(next_chunk))
        try:
            while chunk := await upcoming:
                upcoming = asyncio.create_task(asyncio.to_thread(next_chunk))
                async with self.work(context) as work:
                    judged = await self._judged(work, one, chunk, coverage)
                    await work.staging.add(judged)
                    counts = _added(counts, judged)
                    await work.submissions.progress(
                        one.submission_id, counts=counts, read_bytes=file.bytes_read
                    )
        finally:
            await asyncio.gather(upcoming, return_exceptions=True)

    def _staged(self, one: Submission, record: ParsedRecord) -> StagedRecord:
        return staged_from(
            record,
            record_id=self.ids.uuid7(),
            submission=one,
            digest=self.indexes.digest,
            uln_index=self.indexes.uln,
        )

    async def _judged(
        self, work: Work, one: Submission, chunk: Sequence[StagedRecord], coverage: Coverage
    ) -> list[StagedRecord]:
        """Add the reasons that need other records or consent-registry's answer, and the states."""
        conflicts, unchanged = await find_conflicts(work, one, chunk)
        return [
            record.judged(
                coverage.reasons(record.classes) | conflicts.get(record.record_id, set()),
                is_unchanged=record.record_id in unchanged,
            )
            for record in chunk
        ]

    async def _finish(self, submission_id: UUID, context: ActionContext) -> None:
        async with self.work(context) as work:
            one = await work.submissions.claimed(submission_id, lock=True)
            await work.staging.refresh_duplicates(submission_id)
            counts = _counts(await work.staging.counts(submission_id))
            reasons = await work.staging.counts_by_reason(submission_id)
            now = self.clock.now()
            sequence = await work.submissions.change_and_tell(
                one,
                state=SubmissionState.CHECKED,
                counts=counts,
                read_bytes=one.size_bytes,
                ended_at=now,
            )
            event = SubmissionChecked(
                submission_id=submission_id,
                ukprn=one.ukprn,
                partner_id=one.partner,
                agreement_id=UUID(one.agreement_id),
                data_set=DATA_SET,
                received_on=london_date(one.received_at),
                records=counts.read,
                accepted=counts.accepted,
                quarantined=counts.quarantined,
                unchanged=counts.unchanged,
                reasons=reasons,
            )
            work.publish(
                event,
                subject=submission_id,
                sequence=sequence,
                action="submission:checked",
                resource_type="submission",
                ukprn=one.ukprn,
                agreement_id=one.agreement_id,
            )

    async def _refuse(
        self, submission_id: UUID, context: ActionContext, *, problem: str, details: dict[str, Any]
    ) -> None:
        async with self.work(context) as work:
            one = await work.submissions.claimed(submission_id, lock=True)
            await work.staging.drop(submission_id)
            sequence = await work.submissions.change_and_tell(
                one,
                state=SubmissionState.REFUSED,
                problem={"problem": problem, "details": details},
                counts=Counts(),
                ended_at=self.clock.now(),
            )
            event = SubmissionRefused(
                submission_id=submission_id,
                ukprn=one.ukprn,
                partner_id=one.partner,
                problem=problem,
                agreement_id=None if one.agreement_id is None else UUID(one.agreement_id),
            )
            work.publish(
                event,
                subject=submission_id,
                sequence=sequence,
                action="submission:refused",
                resource_type="submission",
                outcome="refused",
                ukprn=one.ukprn,
                reason=problem,
            )


def _coverage_from(one: Submission) -> Coverage:
    decision: Any = one.decision
    return Coverage(
        agreement_id=str(one.agreement_id),
        agreement_version=one.agreement_version or 0,
        agreed=frozenset(decision["agreed"]),
        based=frozenset(decision["based"]),
    )


def _counts(by_state: dict[str, int]) -> Counts:
    return Counts(read=sum(by_state.values()), **by_state)


def _added(counts: Counts, records: Sequence[StagedRecord]) -> Counts:
    states = [record.state for record in records]
    return replace(
        counts,
        read=counts.read + len(states),
        accepted=counts.accepted + states.count("accepted"),  # type: ignore[arg-type]
        quarantined=counts.quarantined + states.count("quarantined"),  # type: ignore[arg-type]
        unchanged=counts.unchanged + states.count("unchanged"),  # type: ignore[arg-type]
    )
