"""The JSON bodies of learner-api. Records travel under their ILR names; everything else is ours."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from learner_api.domain.learner_version import HistoryEntry, StoredLearner
from learner_api.domain.staged import StagedRecord
from learner_api.domain.submission import Submission, Verification, VerificationMethod

Record = dict[str, JsonValue]


class Strict(BaseModel):
    """A request body: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LearnerIn(Strict):
    """A learner keyed in: the record under its ILR names, nested as in the ILR."""

    record: Annotated[Record, Field(description="The Learner entity, ILR field names as keys.")]


class LearnerPatch(Strict):
    """Changes to a learner: a JSON merge patch (RFC 7396) on the record."""

    record: Annotated[
        Record, Field(description="A merge patch: null removes a field, lists replace whole.")
    ]


class LearnerSearch(Strict):
    """Whom to look for; every member given must match. At least one of them."""

    ULN: Annotated[int, Field(ge=1_000_000_000, le=9_999_999_999)] | None = None
    NINumber: Annotated[str, Field(max_length=9)] | None = None
    Email: Annotated[str, Field(max_length=100)] | None = None
    Postcode: Annotated[str, Field(max_length=8)] | None = None
    FamilyName: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    DateOfBirth: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    is_prefix: Annotated[
        StrictBool, Field(description="FamilyName holds the first letters only (at least three).")
    ] = False


class Written(BaseModel):
    """What a POST or PATCH led to."""

    id: UUID
    version: int


class LearnerOut(BaseModel):
    """A live learner, as far as the caller may see it."""

    learner_id: UUID
    person_id: UUID
    version: int
    record: dict[str, Any]
    withheld: Annotated[
        list[str], Field(description="Fields and entities that the caller may not see.")
    ]
    source: Literal["keyed_in", "submission"]
    submission_id: UUID | None
    agreement_id: str | None
    accountable_owner: str
    entry_lag_days: int | None
    is_entered_late: bool
    is_readable: Annotated[bool, Field(description="False once the person's key was destroyed.")]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, one: StoredLearner, *, record: dict[str, Any], withheld: list[str]) -> "LearnerOut":
        """Return the learner with the visible part of its record."""
        names = set(cls.model_fields) - {"record", "withheld"}
        return cls(record=record, withheld=withheld, **{name: getattr(one, name) for name in names})


class LearnerRecordsIn(Strict):
    """Which learners of which provider."""

    ukprn: Annotated[StrictInt, Field(ge=10_000_000, le=99_999_999)]
    learner_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class LearnerRecordOut(BaseModel):
    """A live learner as another service of the platform checks it: the whole record."""

    learner_id: UUID
    ukprn: int
    version: int
    record: dict[str, Any]
    is_readable: Annotated[bool, Field(description="False once the person's key was destroyed.")]

    @classmethod
    def of(cls, one: StoredLearner) -> "LearnerRecordOut":
        """Return the learner with its whole record."""
        return cls(**{name: getattr(one, name) for name in cls.model_fields})


class HistoryOut(BaseModel):
    """One version of a learner: who changed which fields, when, and what stood there before."""

    version: int
    recorded_at: datetime
    actor: str
    source: str
    submission_id: UUID | None
    agreement_id: str | None
    verification_method: str | None
    changed_fields: list[str]
    old_values: dict[str, Any] | None

    @classmethod
    def of(cls, entry: HistoryEntry, *, old_values: dict[str, Any] | None) -> "HistoryOut":
        """Return the entry with the old values that the caller may see."""
        names = set(cls.model_fields) - {"changed_fields", "old_values"}
        return cls(
            changed_fields=list(entry.changed_fields),
            old_values=old_values,
            **{name: getattr(entry, name) for name in names},
        )


class CountsOut(BaseModel):
    """How many records stand where."""

    read: int
    accepted: int
    quarantined: int
    unchanged: int
    rejected: int
    live: int


class ProgressOut(BaseModel):
    """How far the checking has come. Rates are records per second; times are seconds."""

    read_bytes: int
    size_bytes: int
    records_per_second: float | None
    seconds_left: float | None


class VerificationOut(BaseModel):
    """A verification and how far it has been carried out."""

    verification_id: UUID
    method: VerificationMethod
    sample_size: int | None
    by: str
    requested_at: datetime
    state: Literal["open", "done", "stopped"]
    done: int
    problem: dict[str, Any] | None
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Verification, problem: dict[str, Any] | None) -> "VerificationOut":
        """Return a verification."""
        return cls(
            verification_id=one.verification_id,
            method=one.method,
            sample_size=one.sample_size,
            by=str(one.actor["subject"]),
            requested_at=one.requested_at,
            state=one.state,
            done=one.done,
            problem=problem,
            ended_at=one.ended_at,
        )


class SubmissionOut(BaseModel):
    """A submission: its state, counts and progress, or the problem it was refused with."""

    submission_id: UUID
    ukprn: int
    partner: str
    state: str
    version: int
    received_at: datetime
    file_format: str | None
    agreement_id: str | None
    counts: CountsOut
    progress: ProgressOut
    problem: dict[str, Any] | None
    ended_at: datetime | None
    verifications: list[VerificationOut] = []
    is_same_file: Annotated[
        bool, Field(description="True when the same file had been sent before: nothing changed.")
    ] = False

    @classmethod
    def of(
        cls,
        one: Submission,
        *,
        now: datetime,
        problem: dict[str, Any] | None,
        verifications: list[VerificationOut] | None = None,
    ) -> "SubmissionOut":
        """Return a submission as it stands."""
        names = ("submission_id", "ukprn", "partner", "version", "received_at", "file_format")
        return cls(
            **{name: getattr(one, name) for name in names},
            state=one.state,
            agreement_id=one.agreement_id,
            counts=CountsOut.model_validate(one.counts, from_attributes=True),
            progress=_progress(one, now),
            problem=problem,
            ended_at=one.ended_at,
            verifications=verifications or [],
        )


def _progress(one: Submission, now: datetime) -> ProgressOut:
    rate = left = None
    if one.checking_started_at is not None and one.counts.read:
        seconds = ((one.ended_at or now) - one.checking_started_at).total_seconds()
        rate = round(one.counts.read / seconds, 1) if seconds > 0 else None
        if one.ended_at is None and one.read_bytes and seconds > 0:
            left = round(seconds * (one.size_bytes - one.read_bytes) / one.read_bytes, 1)
    return ProgressOut(
        read_bytes=one.read_bytes,
        size_bytes=one.size_bytes,
        records_per_second=rate,
        seconds_left=0.0 if one.ended_at is not None else left,
    )


class FaultOut(BaseModel):
    """One thing that is wrong with a record; never the value."""

    reason: str
    pointer: str
    code: str
    message: str


class RecordOut(BaseModel):
    """A staged record without its data."""

    record_id: UUID
    position: int
    state: str
    version: int
    learn_ref_number: str | None
    data_classes: list[str]
    reasons: list[str]
    faults: list[FaultOut]
    settled_at: datetime | None
    settled_by: str | None
    verification_method: str | None
    rejection_reason: str | None
    learner_id: UUID | None

    @classmethod
    def of(cls, one: StagedRecord, **more: Any) -> "RecordOut":
        """Return a staged record."""
        names = set(RecordOut.model_fields) - {"data_classes", "reasons", "faults", "state"}
        return cls(
            **{name: getattr(one, name) for name in names},
            state=one.state,
            data_classes=list(one.classes),
            reasons=list(one.reasons),
            faults=[FaultOut(**fault) for fault in one.faults],
            **more,
        )


class RecordWithData(RecordOut):
    """A staged record with its data, as far as the caller may see it."""

    data: dict[str, Any]
    withheld: list[str]


class RecordPatch(Strict):
    """A correction: a JSON merge patch (RFC 7396) on the record's data."""

    data: Record


class RejectionIn(Strict):
    """Why a record is rejected: a short code, no free text."""

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


def _no_truth_value(value: Any) -> Any:
    # To pydantic `true` is 1.
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


class VerificationIn(Strict):
    """Which accepted records are right, and how that was established (P-021)."""

    method: VerificationMethod
    sample_size: Annotated[
        Annotated[int, Field(ge=1, le=1_000_000_000)] | None,
        BeforeValidator(_no_truth_value),
        Field(description="For the method `sample` only."),
    ] = None
    record_ids: Annotated[
        list[UUID] | None,
        Field(
            default=None,
            min_length=1,
            max_length=10_000,
            description="Leave out to verify every accepted record of the submission.",
        ),
    ] = None


class MissingOut(BaseModel):
    """A live learner whom the file does not name; nothing changes by itself."""

    learner_id: UUID
    learn_ref_number: str
