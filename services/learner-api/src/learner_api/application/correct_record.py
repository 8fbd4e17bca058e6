"""Use case: a coordinator corrects a record in quarantine; it is checked again, whole.

The correction may settle the reasons of other records of the file too (duplicates).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from learner_api.application.find_conflicts import find_conflicts
from learner_api.application.ports import Indexes, Work
from learner_api.domain.learner import changes, field_names
from learner_api.domain.merge_patch import merged
from learner_api.domain.record import ParsedRecord, usable_reference
from learner_api.domain.record_checks import read_record
from learner_api.domain.staged import Coverage, StagedRecord, staged_from
from learner_api.domain.submission import Counts, RecordState, Submission
from matricula_chassis.errors import Conflict, PreconditionFailed
from matricula_contracts.events import RecordCorrected


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRecord:
    """A JSON merge patch (RFC 7396) on the record's data, against a known version."""

    submission_id: UUID
    record_id: UUID
    ukprn: int
    version: int
    patch: Mapping[str, Any]


async def correct_record(command: CorrectRecord, *, work: Work, indexes: Indexes) -> StagedRecord:
    """Apply the patch and check again; return the record as it now stands.

    Raises NotFound, Conflict when the record is not in quarantine, PreconditionFailed when its
    version is another one.
    """
    submission = await work.submissions.get(command.submission_id, ukprn=command.ukprn, lock=True)
    old = await work.staging.one(command.submission_id, command.record_id, lock=True)
    if old.state is not RecordState.QUARANTINED:
        raise Conflict("record-not-quarantined", state=old.state)
    if old.version != command.version:
        raise PreconditionFailed("precondition-failed")
    new = await _checked_again(old, command.patch, submission, work=work, indexes=indexes)
    await work.staging.correct(new)
    await work.staging.refresh_duplicates(command.submission_id)
    stored = await work.staging.one(command.submission_id, command.record_id)
    counts = await work.staging.counts(command.submission_id)
    sequence = await work.submissions.change_and_tell(
        submission, counts=Counts(read=sum(counts.values()), **counts)
    )
    _publish(work, submission, old, stored, sequence)
    return stored


async def _checked_again(
    old: StagedRecord,
    patch: Mapping[str, Any],
    submission: Submission,
    *,
    work: Work,
    indexes: Indexes,
) -> StagedRecord:
    data, faults = read_record(merged(old.data, patch))
    parsed = ParsedRecord(old.position, usable_reference(data), data, tuple(faults))
    fresh = staged_from(
        parsed,
        record_id=old.record_id,
        submission=submission,
        digest=indexes.digest,
        uln_index=indexes.uln,
    )
    conflicts, unchanged = await find_conflicts(work, submission, [fresh])
    decision: Any = submission.decision
    coverage = Coverage(
        agreement_id=str(submission.agreement_id),
        agreement_version=submission.agreement_version or 0,
        agreed=frozenset(decision["agreed"]),
        based=frozenset(decision["based"]),
    )
    return replace(
        fresh.judged(
            coverage.reasons(fresh.classes) | conflicts.get(old.record_id, set()),
            is_unchanged=old.record_id in unchanged,
        ),
        version=old.version,
    )


def _publish(
    work: Work, submission: Submission, old: StagedRecord, new: StagedRecord, sequence: int
) -> None:
    changed = field_names(changes(old.data, new.data))
    event = RecordCorrected(
        submission_id=submission.submission_id,
        ukprn=submission.ukprn,
        record_id=new.record_id,
        position=new.position,
        state="quarantined" if new.state is RecordState.QUARANTINED else "accepted",
        reasons=new.reasons,
        changed_fields=changed,
    )
    work.publish(
        event,
        subject=submission.submission_id,
        sequence=sequence,
        action="submission:record:corrected",
        resource_type="staged_record",
        ukprn=submission.ukprn,
        changed_fields=changed,
    )
