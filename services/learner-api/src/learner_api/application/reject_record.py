"""Use case: a coordinator rejects a record in quarantine, with a reason.

Rejecting one of two duplicates releases the other.
"""

from dataclasses import dataclass
from uuid import UUID

from learner_api.application.ports import Work
from learner_api.domain.submission import Counts, RecordState
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Conflict
from matricula_contracts.events import RecordRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRecord:
    """Which record, by whom, and the code of the reason."""

    submission_id: UUID
    record_id: UUID
    ukprn: int
    actor: str
    reason: str


async def reject_record(command: RejectRecord, *, work: Work, clock: Clock) -> None:
    """Settle the record as rejected; raises NotFound, or Conflict when it is not in quarantine."""
    submission = await work.submissions.get(command.submission_id, ukprn=command.ukprn, lock=True)
    record = await work.staging.one(command.submission_id, command.record_id, lock=True)
    if record.state is not RecordState.QUARANTINED:
        raise Conflict("record-not-quarantined", state=record.state)
    await work.staging.change(
        command.record_id,
        state=RecordState.REJECTED,
        settled_at=clock.now(),
        settled_by=command.actor,
        rejection_reason=command.reason,
    )
    await work.staging.refresh_duplicates(command.submission_id)
    counts = await work.staging.counts(command.submission_id)
    sequence = await work.submissions.change_and_tell(
        submission, counts=Counts(read=sum(counts.values()), **counts)
    )
    work.publish(
        RecordRejected(
            submission_id=submission.submission_id,
            ukprn=submission.ukprn,
            record_id=record.record_id,
            position=record.position,
            reasons=record.reasons,
        ),
        subject=submission.submission_id,
        sequence=sequence,
        action="submission:record:rejected",
        resource_type="staged_record",
        ukprn=submission.ukprn,
        reason=command.reason,
    )
