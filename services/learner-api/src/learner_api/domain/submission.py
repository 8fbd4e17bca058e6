"""A partner's submission and the states it may pass through.

Pure: says what may happen next, never makes it happen. States and their order are settled in the
design decisions: nothing of a submission is visible as a learner until a person has verified it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class SubmissionState(StrEnum):
    """Where a submission stands."""

    RECEIVING = "receiving"
    RECEIVED = "received"
    WAITING_FOR_DECISION = "waiting_for_decision"
    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"
    DISCARDED = "discarded"


class RecordState(StrEnum):
    """Where one record of a submission stands."""

    QUARANTINED = "quarantined"
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    LIVE = "live"


class VerificationMethod(StrEnum):
    """How a person satisfied themselves that records are right (P-021)."""

    DOCUMENT_SEEN = "document_seen"
    CONTACTED_SOURCE = "contacted_source"
    SAMPLE = "sample"
    SYSTEM_MATCH = "system_match"


class Reason(StrEnum):
    """Why a record is in quarantine; several may apply."""

    SCHEMA = "schema"
    ULN_CHECK_DIGIT = "uln_check_digit"
    EMPLOYER_ID_CHECK_DIGIT = "employer_id_check_digit"
    DUPLICATE_LEARNER = "duplicate_learner"
    DUPLICATE_ULN = "duplicate_uln"
    DUPLICATE_AIM_SEQUENCE = "duplicate_aim_sequence"
    DATES_INCONSISTENT = "dates_inconsistent"
    CONFLICTS_WITH_PERSON = "conflicts_with_person"
    NOT_COVERED_BY_AGREEMENT = "not_covered_by_agreement"
    NO_LAWFUL_BASIS = "no_lawful_basis"


ENDED: Final = frozenset(
    {SubmissionState.CHECKED, SubmissionState.REFUSED, SubmissionState.DISCARDED}
)
WORKABLE: Final = frozenset(
    {
        SubmissionState.RECEIVED,
        SubmissionState.WAITING_FOR_DECISION,
        SubmissionState.CHECKING,
    }
)
PENDING_RECORDS: Final = frozenset({RecordState.ACCEPTED, RecordState.QUARANTINED})

DATA_SET: Final = "ilr"
PURPOSE: Final = "ilr_return"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records of a submission stand where. `read` counts every record of the file."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    unchanged: int = 0
    rejected: int = 0
    live: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """One file of one partner for one provider. Sizes are bytes.

    `version` counts changes, `sequence` the events that told of them.
    """

    submission_id: UUID
    ukprn: int
    partner: str
    state: SubmissionState
    version: int
    received_at: datetime
    size_bytes: int
    media_type: str
    sequence: int = 0
    sha256: bytes | None = None
    file_format: str | None = None
    agreement_id: str | None = None
    agreement_version: int | None = None
    decision: dict[str, object] | None = None
    problem: dict[str, object] | None = None
    counts: Counts = Counts()
    read_bytes: int = 0
    checking_started_at: datetime | None = None
    ended_at: datetime | None = None
    upload_erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A person's word that records are right, and how far it has been carried out.

    `record_ids` None means every accepted record of the submission. `actor` is who said so, in the
    form of the audit block. `state` is open, done or stopped; then `problem` says why.
    """

    verification_id: UUID
    submission_id: UUID
    ukprn: int
    method: VerificationMethod
    sample_size: int | None
    record_ids: tuple[UUID, ...] | None
    actor: Mapping[str, Any]
    correlation_id: str
    requested_at: datetime
    state: str = "open"
    done: int = 0
    created: int = 0
    amended: int = 0
    problem: Mapping[str, Any] | None = None
    ended_at: datetime | None = None
