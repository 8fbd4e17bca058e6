"""The bodies of live checks, and of the findings of live learners."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from ilr_validator.adapters.http.schemas import ParameterOut, ReturnName
from ilr_validator.application.check_learner import FormFinding
from ilr_validator.domain.learner_findings import KeptFinding, LearnerState, YearSummary
from matricula_chassis.http import Page

AcademicYear = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]


class LearnerCheckIn(BaseModel):
    """One learner of a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    record: Annotated[
        dict[str, JsonValue],
        Field(
            description="The Learner entity: names and nesting of the ILR, as learner-api has it."
        ),
    ]
    academic_year: AcademicYear | None = Field(
        default=None, description="Whose rules hold; left out: the newest year that is open today."
    )
    return_name: ReturnName | None = Field(
        default=None, description="Whose severities hold; left out: the return of today."
    )


class FormFindingOut(BaseModel):
    """One breach of one rule, for the person at the form."""

    model_config = ConfigDict(frozen=True)

    rule: str
    severity: str
    message: str
    aim_seq_number: int | None
    pointers: list[str] = Field(
        description="JSON Pointers into the record: the fields that the rule looks at."
    )
    parameters: list[ParameterOut]

    @classmethod
    def of(cls, one: FormFinding) -> Self:
        """Return how a finding is shown."""
        return cls(
            rule=one.rule,
            severity=one.severity,
            message=one.message,
            aim_seq_number=one.aim_seq_number,
            pointers=list(one.pointers),
            parameters=[
                ParameterOut(name=name, value=_text(value)) for name, value in one.parameters
            ],
        )


class LearnerCheckOut(BaseModel):
    """What the rules say of a learner. Nothing of it is stored."""

    model_config = ConfigDict(frozen=True)

    academic_year: str
    return_name: str | None
    pack_version: str
    reference_digest: str | None
    is_valid: bool = Field(description="No error; warnings and rules not run are no errors.")
    findings: list[FormFindingOut]
    not_run: list[str] = Field(
        description="Rules that could not be judged: they have neither passed nor failed."
    )
    stages: list[Literal["Schema", "field", "business"]] = Field(
        description="What was judged: an error of one stage keeps the learner from the next."
    )


class LearnerFindingOut(BaseModel):
    """One breach by a live learner. No values: who may see the record has them there."""

    model_config = ConfigDict(frozen=True)

    finding_id: UUID
    academic_year: str
    rule: str
    severity: str
    aim_seq_number: int | None
    pointers: list[str]
    state: Literal["open", "closed"]
    opened_at: datetime
    opened_version: int = Field(description="The version of the record that broke the rule first.")
    closed_at: datetime | None
    closed_version: int | None

    @classmethod
    def of(cls, one: KeptFinding) -> Self:
        """Return how a finding is shown."""
        return cls(
            finding_id=one.finding_id,
            academic_year=one.academic_year,
            rule=one.finding.rule,
            severity=one.finding.severity,
            aim_seq_number=one.finding.aim_seq_number,
            pointers=list(one.finding.pointers),
            state="open" if one.closed_at is None else "closed",
            opened_at=one.opened_at,
            opened_version=one.opened_version,
            closed_at=one.closed_at,
            closed_version=one.closed_version,
        )


class YearCheckOut(BaseModel):
    """When and by what a learner was last checked for a year."""

    model_config = ConfigDict(frozen=True)

    academic_year: str
    version: int = Field(description="The version of the record that was checked.")
    checked_at: datetime
    return_name: str | None
    pack_version: str
    reference_digest: str | None
    not_run: list[str]

    @classmethod
    def of(cls, one: LearnerState) -> Self:
        """Return how a check is shown."""
        return cls(
            academic_year=one.academic_year,
            version=one.version,
            checked_at=one.checked_at,
            return_name=one.return_name,
            pack_version=one.pack_version,
            reference_digest=one.reference_digest,
            not_run=list(one.not_run),
        )


class LearnerFindingsPage(Page[LearnerFindingOut]):
    """One page of findings, with the checks that they come from, one for each year."""

    checks: list[YearCheckOut]


class RuleCountOut(BaseModel):
    """How often live learners break a rule at present."""

    model_config = ConfigDict(frozen=True)

    rule: str
    severity: str
    findings: int
    learners: int


class YearSummaryOut(BaseModel):
    """What the rules of a year say of all live learners at present."""

    model_config = ConfigDict(frozen=True)

    academic_year: str
    learners: int = Field(description="How many were checked.")
    errors: int
    warnings: int
    rules_not_run: int = Field(
        description="Rules that could not be judged for at least one of them."
    )
    rules: list[RuleCountOut] = Field(description="Those with findings, the most frequent first.")

    @classmethod
    def of(cls, one: YearSummary) -> Self:
        """Return how a year is summed up."""
        return cls(
            academic_year=one.academic_year,
            learners=one.learners,
            errors=one.count(frozenset({"E", "F"})),
            warnings=one.count(frozenset({"W"})),
            rules_not_run=one.not_run,
            rules=[RuleCountOut(**asdict(each)) for each in one.rules],
        )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
