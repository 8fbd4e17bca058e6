"""The JSON bodies of consent-registry. Days and times are texts: a number is no date here."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from consent_registry.domain.agreement import Agreement, AgreementUse, PartnerRole
from consent_registry.domain.decision import Decision
from consent_registry.domain.lawful_basis import CONDITIONS, LawfulBasis

DataClass = Literal["ordinary", "special_category", "criminal_offence"]
DataSet = Literal["ilr", "destinations", "attendance"]
Purpose = Literal[
    "ilr_return",
    "learner_support",
    "quality_audit",
    "funding_audit",
    "sar",
    "safeguarding",
    "emergency",
    "statutory_disclosure",
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Condition = Annotated[Code, Field(json_schema_extra={"enum": list(CONDITIONS)})]
Client = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Ukprn = Annotated[int, Field(ge=10_000_000, le=99_999_999)]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _written_out(value: Any) -> Any:
    # pydantic would take a number, or its digits, for seconds since 1970.
    if value is not None and not (isinstance(value, str) and _DAY.match(value)):
        raise PydanticCustomError("date_format", "This is not written as RFC 3339 asks")
    return value


def _within_the_register(value: datetime) -> datetime:
    # Near the ends of the calendar an instant has no day in London.
    if not _EARLIEST <= value < _LATEST:
        raise PydanticCustomError("time_out_of_range", "The time lies outside 2000 to 2199")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written_out),
    AfterValidator(_within_the_register),
    Field(description="A time from 2000 to 2199, with its offset from UTC."),
]


class Strict(BaseModel):
    """A request body: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgreementIn(Strict):
    """A data-sharing agreement (P-024)."""

    partner_id: Annotated[Client, Field(description="The OAuth client of the partner.")]
    partner_role: PartnerRole
    data_sets: Annotated[list[DataSet], Field(min_length=1, max_length=3)]
    purposes: Annotated[list[Purpose], Field(min_length=1, max_length=8)]
    data_classes: Annotated[list[DataClass], Field(min_length=1, max_length=3)]
    measures: Annotated[list[Code], Field(max_length=50)] = []
    starts_on: Day
    ends_on: Day | None = None
    review_on: Day | None = None


class AgreementOut(BaseModel):
    """An agreement as it stands."""

    agreement_id: UUID
    ukprn: int
    partner_id: str
    partner_role: PartnerRole
    data_sets: list[str]
    purposes: list[str]
    data_classes: list[str]
    measures: list[str]
    starts_on: date
    ends_on: date | None
    review_on: date | None
    state: str
    is_live: Annotated[bool, Field(description="In force today, Europe/London.")]
    version: int
    registered_by: str

    @classmethod
    def of(cls, one: Agreement, *, today: date) -> "AgreementOut":
        """Return an agreement."""
        names = set(cls.model_fields) - {"is_live"}
        return cls(
            is_live=one.is_live(today), **{name: _plain(getattr(one, name)) for name in names}
        )


class UseOut(BaseModel):
    """A submission that was taken in under an agreement."""

    submission_id: UUID
    data_set: str
    received_on: date
    records: int
    accepted: int

    @classmethod
    def of(cls, use: AgreementUse) -> "UseOut":
        """Return a use."""
        return cls.model_validate(use, from_attributes=True)


class EndIn(Strict):
    """Why something is ended: a short code, no free text."""

    reason: Code


class BasisIn(Strict):
    """A lawful basis for a purpose and a data class (P-038, P-052)."""

    purpose: Purpose
    data_class: DataClass
    conditions: Annotated[list[Condition], Field(min_length=1, max_length=10)]
    starts_on: Day
    ends_on: Day | None = None


class BasisOut(BaseModel):
    """A lawful basis as it stands."""

    basis_id: UUID
    ukprn: int
    purpose: str
    data_class: str
    conditions: list[str]
    starts_on: date
    ends_on: date | None
    is_in_force: Annotated[bool, Field(description="In force today, Europe/London.")]
    version: int
    registered_by: str

    @classmethod
    def of(cls, one: LawfulBasis, *, today: date) -> "BasisOut":
        """Return a basis."""
        names = set(cls.model_fields) - {"is_in_force"}
        return cls(
            is_in_force=one.is_in_force(today),
            **{name: _plain(getattr(one, name)) for name in names},
        )


class QuestionIn(Strict):
    """Asks whether a partner may send a provider a data set, for a purpose, at a time."""

    partner_id: Client
    ukprn: Ukprn
    data_set: DataSet
    purpose: Purpose
    at: Instant


class DecidedAgreement(BaseModel):
    """The agreement that a decision rests on."""

    agreement_id: UUID
    version: int
    data_classes: list[str]


class DecidedBasis(BaseModel):
    """A lawful basis in force."""

    basis_id: UUID
    data_class: str
    conditions: list[str]


class DecisionOut(BaseModel):
    """The answer, and why."""

    allowed: bool
    problem: str | None
    agreement: DecidedAgreement | None
    lawful_bases: list[DecidedBasis]
    why: dict[str, Any]
    decided_at: datetime

    @classmethod
    def of(cls, decision: Decision, *, now: datetime) -> "DecisionOut":
        """Return a decision."""
        chosen = decision.agreement
        return cls(
            allowed=decision.allowed,
            problem=decision.problem,
            agreement=None
            if chosen is None
            else DecidedAgreement(
                agreement_id=chosen.agreement_id,
                version=chosen.version,
                data_classes=list(chosen.data_classes),
            ),
            lawful_bases=[
                DecidedBasis(
                    basis_id=one.basis_id,
                    data_class=one.data_class,
                    conditions=list(one.conditions),
                )
                for one in decision.bases.values()
            ],
            why=dict(decision.why),
            decided_at=now,
        )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
