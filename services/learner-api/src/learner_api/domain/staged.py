"""One record of a submission between its file and the live learner, and what may happen to it.

Pure. Decides reasons and states; stores, decrypts and asks nobody anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from learner_api.domain.record import (
    TEMPORARY_ULN,
    ParsedRecord,
    PersonKey,
    canonical,
    data_classes_of,
    usable_uln,
)
from learner_api.domain.submission import Reason, RecordState, Submission


@dataclass(frozen=True, slots=True)
class Coverage:
    """What consent-registry said of a partner and data set: the classes it allows.

    `agreed` are the data classes of the live agreement, `based` those with a lawful basis in force
    for the purpose at the time of receipt.
    """

    agreement_id: str
    agreement_version: int
    agreed: frozenset[str]
    based: frozenset[str]

    def reasons(self, classes: Iterable[str]) -> set[str]:
        """Return why a record with these data classes may not be taken in."""
        carried = set(classes)
        found: set[str] = set()
        if not carried <= self.agreed:
            found.add(Reason.NOT_COVERED_BY_AGREEMENT)
        if not carried <= self.based:
            found.add(Reason.NO_LAWFUL_BASIS)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRecord:
    """A record as it is staged: `data` in clear, for the time of the work only."""

    record_id: UUID
    submission_id: UUID
    position: int
    state: RecordState
    version: int
    learn_ref_number: str | None
    uln_index: int | None
    classes: tuple[str, ...]
    reasons: tuple[str, ...]
    faults: tuple[Mapping[str, str], ...]
    digest: bytes
    data: Mapping[str, Any]
    received_at: datetime
    ukprn: int
    settled_at: datetime | None = None
    settled_by: str | None = None
    verification_method: str | None = None
    rejection_reason: str | None = None
    learner_id: UUID | None = None

    def judged(self, more: Iterable[str], *, is_unchanged: bool) -> "StagedRecord":
        """Return the record with further reasons added and the state that follows from all."""
        reasons = tuple(sorted({*self.reasons, *more}))
        if not reasons and not is_unchanged and self.state is RecordState.ACCEPTED:
            return self  # nearly every record
        calm = RecordState.UNCHANGED if is_unchanged else RecordState.ACCEPTED
        return replace(self, reasons=reasons, state=RecordState.QUARANTINED if reasons else calm)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPerson:
    """Whom an accepted record of an earlier file is about, in the forms that are compared."""

    ukprn: int
    learn_ref_number: str | None
    uln_index: int | None
    person: PersonKey


def is_conflict(record: PersonKey, on_record: PersonKey) -> bool:
    """Say whether two persons who share a number are different people.

    Both the family name and the birth date must be known on both sides and differ.
    """
    return (
        None not in (record.family_name, on_record.family_name)
        and None not in (record.birth_date, on_record.birth_date)
        and record.family_name != on_record.family_name
        and record.birth_date != on_record.birth_date
    )


def staged_from(
    record: ParsedRecord,
    *,
    record_id: UUID,
    submission: Submission,
    digest: Callable[[bytes], bytes],
    uln_index: Callable[[int], int],
) -> StagedRecord:
    """Return a record as it comes out of the file, with the reasons that it gives by itself."""
    uln = usable_uln(record.data)
    return StagedRecord(
        record_id=record_id,
        submission_id=submission.submission_id,
        position=record.position,
        state=RecordState.ACCEPTED,
        version=1,
        learn_ref_number=record.learn_ref_number,
        uln_index=None if uln is None or uln == TEMPORARY_ULN else uln_index(uln),
        classes=tuple(sorted(data_classes_of(record.data, is_sound=not record.faults))),
        reasons=record.reasons,
        faults=tuple(
            {
                "reason": fault.reason,
                "pointer": fault.pointer,
                "code": fault.code,
                "message": fault.message,
            }
            for fault in record.faults
        ),
        digest=digest(canonical(record.data)),
        data=record.data,
        received_at=submission.received_at,
        ukprn=submission.ukprn,
    )
