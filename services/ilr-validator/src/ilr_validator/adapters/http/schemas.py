"""The bodies of requests and answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ilr_validator.domain.findings import FindingRow
from ilr_validator.domain.validation import Validation

ReturnName = Annotated[str, StringConstraints(pattern=r"^R(?:0[1-9]|1[0-4])$")]
RuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_ ]{1,64}$")]
Severity = Literal["E", "W", "F"]


class ValidationOut(BaseModel):
    """A validation: its state, how far it is, and what came out."""

    model_config = ConfigDict(frozen=True)

    validation_id: UUID
    state: Literal[
        "received", "preparing", "checking", "merging", "finished", "refused", "cancelled", "failed"
    ]
    version: int
    file_name: str | None = Field(description="Null once the data of the validation is erased.")
    size: int = Field(description="Bytes as sent.")
    academic_year: str | None
    return_name: str | None = Field(description="The return whose severities hold.")
    pack_version: str | None
    reference_digest: str | None = Field(description="SHA-256 of the reference data; null: none.")
    learners: int | None
    checked: int
    learners_a_second: float | None
    seconds_left: float | None
    errors: int
    warnings: int
    not_run: Mapping[str, int] = Field(
        description="Rules that could not be judged, with the number of learners."
    )
    reports: list[str] = Field(description="Kinds of reports that can be fetched.")
    problem: Mapping[str, Any] | None = Field(
        description="Why the file was refused, unless its findings say so; or what failed."
    )
    received_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    erased_at: datetime | None

    @classmethod
    def of(
        cls,
        one: Validation,
        *,
        now: datetime,
        file_name: str | None,
        problem: Mapping[str, Any] | None,
    ) -> Self:
        """Return how a validation is shown."""
        rate, left = one.learners_a_second(now), one.seconds_left(now)
        return cls(
            validation_id=one.validation_id,
            state=one.state.value,
            version=one.version,
            file_name=file_name,
            size=one.size,
            academic_year=one.academic_year,
            return_name=one.return_name or one.return_asked,
            pack_version=one.pack_version,
            reference_digest=one.reference_digest,
            learners=one.learners,
            checked=one.checked,
            learners_a_second=None if rate is None else round(rate, 1),
            seconds_left=None if left is None else round(left, 1),
            errors=one.errors,
            warnings=one.warnings,
            not_run=one.not_run,
            reports=list(one.report_kinds),
            problem=problem,
            received_at=one.received_at,
            started_at=one.started_at,
            ended_at=one.ended_at,
            erased_at=one.erased_at,
        )


class ParameterOut(BaseModel):
    """A value that a finding is about."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str | None


class FindingOut(BaseModel):
    """One breach of one rule. Who may not see learners gets no reference, message or values."""

    model_config = ConfigDict(frozen=True)

    position: int = Field(description="Orders the findings of a validation.")
    rule: str
    severity: str
    learner_position: int | None = Field(description="Place in the file, from 1; null: the file.")
    learn_ref_number: str | None
    aim_seq_number: int | None
    message: str | None
    parameters: list[ParameterOut] | None

    @classmethod
    def of(cls, row: FindingRow, values: Mapping[str, Any] | None) -> Self:
        """Return how a finding is shown; `values` None withholds what is personal."""
        shown = values or {}
        return cls(
            position=row.position,
            rule=row.rule,
            severity=row.severity,
            learner_position=row.learner_position,
            learn_ref_number=shown.get("learn_ref_number"),
            aim_seq_number=row.aim_seq_number,
            message=shown.get("message"),
            parameters=None
            if values is None
            else [ParameterOut(name=name, value=value) for name, value in shown["parameters"]],
        )


class FindingSearch(BaseModel):
    """The findings of one learner. The reference stands in the body, never in an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learn_ref_number: Annotated[str, StringConstraints(min_length=1, max_length=12)]
    rule: RuleName | None = None
    severity: Severity | None = None
    cursor: Annotated[str, StringConstraints(max_length=512)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RuleOut(BaseModel):
    """A rule of an academic year."""

    model_config = ConfigDict(frozen=True)

    rule: str
    group: str
    stage: str
    severity: str
    severity_from: Mapping[str, str] = Field(
        description="Return from which another severity holds."
    )
    rejects_file: bool
    online_only: bool
    in_fis: bool
    implemented: bool
    message: str | None
