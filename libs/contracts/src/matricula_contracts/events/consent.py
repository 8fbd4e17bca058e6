"""Events of consent-registry: agreements and lawful bases. No personal data."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from matricula_contracts.events.base import ClientId, Code, Count, DataClass, Event, Id, Ukprn

_AGREEMENT = "01976b2e-7c00-7000-8000-0000000000c1"
_BASIS = "01976b2e-7c00-7000-8000-0000000000d1"
_SUBMISSION = "01976b2e-7c00-7000-8000-0000000000a1"
_UKPRN = 10000001
_PARTNER = "partner-one"


class AgreementRegistered(Event):
    """An agreement was entered; it is not in force yet. Dates are inclusive, Europe/London."""

    TYPE: ClassVar[str] = "consent.agreement.registered.v1"
    TOPIC: ClassVar[str] = "consent.agreement"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "agreement_id": _AGREEMENT,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "data_sets": ["ilr"],
        "purposes": ["ilr_return"],
        "data_classes": ["ordinary", "special_category"],
        "starts_on": "2025-08-01",
        "ends_on": "2026-07-31",
        "review_on": "2026-05-01",
    }

    agreement_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    data_sets: tuple[Code, ...]
    purposes: tuple[Code, ...]
    data_classes: tuple[DataClass, ...]
    starts_on: date
    ends_on: date | None = None
    review_on: date | None = None


class AgreementActivated(Event):
    """An agreement came into force."""

    TYPE: ClassVar[str] = "consent.agreement.activated.v1"
    TOPIC: ClassVar[str] = "consent.agreement"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "agreement_id": _AGREEMENT,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "version": 2,
    }

    agreement_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    version: Count


class AgreementTerminated(Event):
    """An agreement was ended; nothing received afterwards is covered by it."""

    TYPE: ClassVar[str] = "consent.agreement.terminated.v1"
    TOPIC: ClassVar[str] = "consent.agreement"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "agreement_id": _AGREEMENT,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "version": 3,
        "reason": "ended_by_provider",
    }

    agreement_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    version: Count
    reason: Code


class AgreementUsed(Event):
    """A submission was taken in under an agreement."""

    TYPE: ClassVar[str] = "consent.agreement.used.v1"
    TOPIC: ClassVar[str] = "consent.agreement"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "agreement_id": _AGREEMENT,
        "ukprn": _UKPRN,
        "partner_id": _PARTNER,
        "submission_id": _SUBMISSION,
        "data_set": "ilr",
        "received_on": "2026-03-02",
        "records": 1000,
        "accepted": 989,
    }

    agreement_id: Id
    ukprn: Ukprn
    partner_id: ClientId
    submission_id: Id
    data_set: Code
    received_on: date
    records: Count
    accepted: Count


class BasisRegistered(Event):
    """A lawful basis was entered. Conditions are codes of the field catalogue (`art6_1_e`)."""

    TYPE: ClassVar[str] = "consent.basis.registered.v1"
    TOPIC: ClassVar[str] = "consent.basis"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "basis_id": _BASIS,
        "ukprn": _UKPRN,
        "purpose": "ilr_return",
        "data_class": "special_category",
        "conditions": ["art6_1_e", "art9_2_g", "sch1_para6"],
        "starts_on": "2025-08-01",
    }

    basis_id: Id
    ukprn: Ukprn
    purpose: Code
    data_class: DataClass
    conditions: tuple[Code, ...]
    starts_on: date
    ends_on: date | None = None


class BasisEnded(Event):
    """A lawful basis was ended."""

    TYPE: ClassVar[str] = "consent.basis.ended.v1"
    TOPIC: ClassVar[str] = "consent.basis"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "basis_id": _BASIS,
        "ukprn": _UKPRN,
        "version": 2,
        "ended_on": "2026-07-31",
        "reason": "superseded",
    }

    basis_id: Id
    ukprn: Ukprn
    version: Count
    ended_on: date
    reason: Code
