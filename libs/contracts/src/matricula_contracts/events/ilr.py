"""Events of ilr-validator: files, their parts, and live learners. Counts and codes only."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from matricula_contracts.events.base import Code, Count, Event, Id, Identifier, Position, Ukprn

AcademicYear = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$", max_length=7)]
ReturnName = Annotated[str, StringConstraints(pattern=r"^R(0[1-9]|1[0-4])$", max_length=3)]

_VALIDATION = "01976b2e-7c00-7000-8000-0000000000d1"
_LEARNER = "01976b2e-7c00-7000-8000-0000000000e1"
_UKPRN = 10000001


class LearnerFindingsChanged(Event):
    """A live learner, at this version, breaks other rules of a year than before.

    `opened` and `closed` count what came up and what went, `open` what stands now.
    """

    TYPE: ClassVar[str] = "ilr.learner.findings_changed.v1"
    TOPIC: ClassVar[str] = "ilr.learner"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "learner_id": _LEARNER,
        "ukprn": _UKPRN,
        "academic_year": "2025-26",
        "version": 2,
        "opened": 1,
        "closed": 2,
        "open": 3,
    }

    learner_id: Id
    ukprn: Ukprn
    academic_year: AcademicYear
    version: Position
    opened: Count
    closed: Count
    open: Count


class ValidationReceived(Event):
    """A file arrived for validation. `size` is its length in bytes as sent."""

    TYPE: ClassVar[str] = "ilr.validation.received.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "size": 1048576,
        "ilr_return": "R06",
    }

    validation_id: Id
    ukprn: Ukprn
    size: Count
    ilr_return: ReturnName | None = None


class ValidationStarted(Event):
    """The learners of a file are being checked, in so many parts."""

    TYPE: ClassVar[str] = "ilr.validation.started.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "academic_year": "2025-26",
        "ilr_return": "R06",
        "learners": 25000,
        "parts": 25,
        "pack_version": "3.0",
    }

    validation_id: Id
    ukprn: Ukprn
    academic_year: AcademicYear
    ilr_return: ReturnName | None = None
    learners: Count
    parts: Count
    pack_version: Identifier


class ShardRequested(Event):
    """A part of a file is to be checked: the learners from `first` to before `behind`, from 0."""

    TYPE: ClassVar[str] = "ilr.shard.requested.v1"
    TOPIC: ClassVar[str] = "ilr.shard"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "number": 0,
        "first": 0,
        "behind": 1000,
    }

    validation_id: Id
    number: Count
    first: Count
    behind: Count


class ValidationChecked(Event):
    """Every part of a file has been checked; what the parts found is to be put together."""

    TYPE: ClassVar[str] = "ilr.validation.checked.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "parts": 25,
    }

    validation_id: Id
    ukprn: Ukprn
    parts: Position


class ValidationFinished(Event):
    """A file was validated. `not_run` counts the rules that could not be judged everywhere."""

    TYPE: ClassVar[str] = "ilr.validation.finished.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "academic_year": "2025-26",
        "ilr_return": "R06",
        "learners": 25000,
        "errors": 120,
        "warnings": 310,
        "not_run": 4,
        "pack_version": "3.0",
        "reference_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }

    validation_id: Id
    ukprn: Ukprn
    academic_year: AcademicYear
    ilr_return: ReturnName | None = None
    learners: Count
    errors: Count
    warnings: Count
    not_run: Count
    pack_version: Identifier
    reference_digest: Identifier | None = None


class ValidationRefused(Event):
    """A file was refused as a whole: by so many file rules, or for the problem of this slug."""

    TYPE: ClassVar[str] = "ilr.validation.refused.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "refusals": 1,
    }

    validation_id: Id
    ukprn: Ukprn
    refusals: Count
    problem: Code | None = None


class ValidationCancelled(Event):
    """A person stopped a validation after so many learners had been checked."""

    TYPE: ClassVar[str] = "ilr.validation.cancelled.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "checked": 4000,
    }

    validation_id: Id
    ukprn: Ukprn
    checked: Count


class ValidationFailed(Event):
    """A validation ended by a fault of the platform; `stage` says where."""

    TYPE: ClassVar[str] = "ilr.validation.failed.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "stage": "checking",
    }

    validation_id: Id
    ukprn: Ukprn
    stage: Code


class ValidationErased(Event):
    """File, findings and reports of a validation were erased at the end of their period."""

    TYPE: ClassVar[str] = "ilr.validation.erased.v1"
    TOPIC: ClassVar[str] = "ilr.validation"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "validation_id": _VALIDATION,
        "ukprn": _UKPRN,
        "findings": 430,
        "period_days": 30,
    }

    validation_id: Id
    ukprn: Ukprn
    findings: Count
    period_days: Count
