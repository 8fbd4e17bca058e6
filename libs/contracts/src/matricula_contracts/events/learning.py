"""Events of learner-api: live learners, and files from partners. No personal data."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Literal

from matricula_contracts.events.base import (
    ClientId,
    Code,
    Count,
    Event,
    FieldName,
    Id,
    Position,
    Ukprn,
)

Origin = Literal["keyed_in", "submission"]
FileFormat = Literal["xml", "csv", "ndjson"]
Method = Literal["document_seen", "contacted_source", "sample", "system_match"]
Erased = Literal["raw_upload", "staged_records", "rejected_records"]

_PERSON = "01976b2e-7c00-7000-8000-000000000001"
_SUBMISSION = "01976b2e-7c00-7000-8000-0000000000a1"
_RECORD = "01976b2e-7c00-7000-8000-0000000000b1"
_AGREEMENT = "01976b2e-7c00-7000-8000-0000000000c1"
_UKPRN = 10000001
_PARTNER = "partner-one"


class LearnerRecorded(Event):
    """A learner record went live. `lag_days` counts from the earliest start to the first save."""

    TYPE: ClassVar[str] = "learning.learner.recorded.v1"
    TOPIC: ClassVar[str] = "learning.learner"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "person_id": _PERSON,
        "ukprn": _UKPRN,
        "version": 1,
        "origin": "submission",
        "aims": 2,
        "lag_days": 3,
        "submission_id": _SUBMISSION,
        "record_id": _RECORD,
        "agreement_id": _AGREEMENT,
        "verification_method": "document_seen",
    }

    person_id: Id
    ukprn: Ukprn
    version: Position
    origin: Origin
    aims: Count
    lag_days: Count | None = None
    submission_id: Id | None = None
    record_id: Id | None = None
    agreement_id: Id | None = None
    verification_method: Method | None = None


class LearnerAmended(Event):
    """A live learner record was changed; `changed_fields` are names, never values."""

    TYPE: ClassVar[str] = "learning.learner.amended.v1"
    TOPIC: ClassVar[str] = "learning.learner"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "person_id": _PERSON,
        "ukprn": _UKPRN,
        "version": 2,
        "origin": "keyed_in",
        "aims": 2,
        "changed_fields": ["LearningDelivery.CompStatus", "LearningDelivery.LearnActEndDate"],
    }

    person_id: Id
    ukprn: Ukprn
    version: Position
    origin: Origin
    aims: Count
    changed_fields: tuple[FieldName, ...]
    submission_id: Id | None = None
    record_id: Id | None = None
    agreement_id: Id | None = None
    verification_method: Method | None = None


class SubmissionReceived(Event):
    """A file arrived whole and waits to be read. `size` is its length in bytes as sent."""

    TYPE: ClassVar[str] = "learning.submission.received.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "format": "xml",
        "size": 1048576,
        "is_archive": False,
    }

    submission_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    format: FileFormat | None = None
    size: Count
    is_archive: bool = False


class SubmissionRefused(Event):
    """A whole file was refused; `problem` is the slug that its status shows."""

    TYPE: ClassVar[str] = "learning.submission.refused.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "problem": "no-live-agreement",
    }

    submission_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    problem: Code
    agreement_id: Id | None = None


class SubmissionChecked(Event):
    """Every record has been checked. `reasons` counts records by code; one may have several."""

    TYPE: ClassVar[str] = "learning.submission.checked.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "agreement_id": _AGREEMENT,
        "data_set": "ilr",
        "received_on": "2026-03-02",
        "records": 1000,
        "accepted": 989,
        "quarantined": 11,
        "unchanged": 0,
        "reasons": {"duplicate_uln": 4, "uln_check_digit": 7},
    }

    submission_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    agreement_id: Id
    data_set: Code
    received_on: date
    records: Count
    accepted: Count
    quarantined: Count
    unchanged: Count = 0
    reasons: dict[Code, Count]


class RecordCorrected(Event):
    """A person corrected a record in quarantine; it was checked again."""

    TYPE: ClassVar[str] = "learning.submission.record_corrected.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "record_id": _RECORD,
        "position": 17,
        "state": "accepted",
        "reasons": [],
        "changed_fields": ["ULN"],
    }

    submission_id: Id
    ukprn: Ukprn
    record_id: Id
    position: Position
    state: Literal["accepted", "quarantined"]
    reasons: tuple[Code, ...]
    changed_fields: tuple[FieldName, ...]


class RecordRejected(Event):
    """A person rejected a record; `reasons` are those it was in quarantine for."""

    TYPE: ClassVar[str] = "learning.submission.record_rejected.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "record_id": _RECORD,
        "position": 17,
        "reasons": ["duplicate_learner"],
    }

    submission_id: Id
    ukprn: Ukprn
    record_id: Id
    position: Position
    reasons: tuple[Code, ...]


class RecordsVerified(Event):
    """A person verified records. `sample_size` says how many were looked at for method `sample`."""

    TYPE: ClassVar[str] = "learning.submission.records_verified.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "agreement_id": _AGREEMENT,
        "method": "sample",
        "sample_size": 25,
        "scope": "whole",
        "verified": 989,
        "created": 980,
        "amended": 9,
    }

    submission_id: Id
    ukprn: Ukprn
    agreement_id: Id
    method: Method
    sample_size: Count | None = None
    scope: Literal["record", "selection", "whole"]
    verified: Count
    created: Count
    amended: Count


class UploadsErased(Event):
    """Bytes or staged records were erased at the end of their period."""

    TYPE: ClassVar[str] = "learning.submission.uploads_erased.v1"
    TOPIC: ClassVar[str] = "learning.submission"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "submission_id": _SUBMISSION,
        "ukprn": _UKPRN,
        "erased": "raw_upload",
        "records": 0,
        "period_days": 7,
    }

    submission_id: Id
    ukprn: Ukprn
    erased: Erased
    records: Count
    period_days: Count
