"""A learner's versions: what is to be stored, what is stored, and where it came from.

Plain values. They carry personal data in clear for the time of the work; nothing here logs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from learner_api.domain.learner import Change
from learner_api.domain.record import PersonKey


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a version comes from and who answers for it (P-004, P-017)."""

    source: str
    actor: str
    client_id: str
    accountable_owner: str
    submission_id: UUID | None = None
    agreement_id: str | None = None
    verification_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerVersion:
    """One version of one learner, to be stored. `changed` is empty for the first version."""

    learner_id: UUID
    person_id: UUID
    ukprn: int
    version: int
    record: Mapping[str, Any]
    digest: bytes
    data_classes: tuple[str, ...]
    provenance: Provenance
    entry_lag_days: int | None
    is_entered_late: bool
    created_at: datetime
    recorded_at: datetime
    changed: Sequence[Change] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLearner:
    """A live learner as it stands. `is_readable` is false once the person's key was destroyed."""

    learner_id: UUID
    person_id: UUID
    ukprn: int
    version: int
    record: dict[str, Any]
    source: str
    submission_id: UUID | None
    agreement_id: str | None
    accountable_owner: str
    entry_lag_days: int | None
    is_entered_late: bool
    created_at: datetime
    updated_at: datetime
    digest: bytes
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One version in a learner's history; `old_values` by path, None for the first version."""

    version: int
    recorded_at: datetime
    actor: str
    source: str
    submission_id: UUID | None
    agreement_id: str | None
    verification_method: str | None
    changed_fields: tuple[str, ...]
    old_values: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a live learner is, in the forms that are compared."""

    person_id: UUID
    ukprn: int
    uln: int | None
    person: PersonKey
