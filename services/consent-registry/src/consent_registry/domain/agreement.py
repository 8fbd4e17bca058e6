"""A data-sharing agreement: who may send which data sets and classes, for what, from when to when.

Pure (P-024). An agreement is a draft until somebody activates it and over once it is terminated.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from matricula_chassis.errors import Conflict, FieldFault, Invalid


class AgreementState(StrEnum):
    """Where an agreement stands; only `active` ones can be live."""

    DRAFT = "draft"
    ACTIVE = "active"
    TERMINATED = "terminated"


class PartnerRole(StrEnum):
    """What the partner is in data-protection terms; chosen explicitly (P-105)."""

    PROCESSOR = "processor"
    JOINT_CONTROLLER = "joint_controller"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One agreement of a provider (UKPRN) with a partner (an OAuth client). Dates are inclusive."""

    agreement_id: UUID
    ukprn: int
    partner_id: str
    partner_role: PartnerRole
    data_sets: tuple[str, ...]
    purposes: tuple[str, ...]
    data_classes: tuple[str, ...]
    measures: tuple[str, ...]
    starts_on: date
    ends_on: date | None
    review_on: date | None
    state: AgreementState = AgreementState.DRAFT
    version: int = 1
    registered_by: str = ""

    def __post_init__(self) -> None:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise Invalid(
                "validation-failed",
                faults=[
                    FieldFault("/ends_on", "before_start", "The agreement ends before it starts.")
                ],
            )

    def is_live(self, on: date) -> bool:
        """Say whether the agreement is in force on a day (Europe/London)."""
        return (
            self.state is AgreementState.ACTIVE
            and self.starts_on <= on
            and (self.ends_on is None or on <= self.ends_on)
        )

    def activated(self) -> "Agreement":
        """Return the agreement in force; raises Conflict unless it is a draft."""
        self._require(AgreementState.DRAFT)
        return replace(self, state=AgreementState.ACTIVE, version=self.version + 1)

    def terminated(self) -> "Agreement":
        """Return the agreement ended for good; raises Conflict unless it is active."""
        self._require(AgreementState.ACTIVE)
        return replace(self, state=AgreementState.TERMINATED, version=self.version + 1)

    def _require(self, state: AgreementState) -> None:
        if self.state is not state:
            raise Conflict("agreement-state-conflict", state=self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementUse:
    """One submission that was taken in under an agreement."""

    agreement_id: UUID
    submission_id: UUID
    data_set: str
    received_on: date
    records: int
    accepted: int
