"""A validation: its states, what is known of it, and how far it has come. It keeps nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class ValidationState(StrEnum):
    """Where a validation stands."""

    RECEIVED = "received"
    PREPARING = "preparing"
    CHECKING = "checking"
    MERGING = "merging"
    FINISHED = "finished"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED: Final = frozenset(
    {
        ValidationState.FINISHED,
        ValidationState.REFUSED,
        ValidationState.CANCELLED,
        ValidationState.FAILED,
    }
)
WAITING: Final = frozenset({ValidationState.RECEIVED, ValidationState.PREPARING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One file, validated once for one return."""

    validation_id: UUID
    ukprn: int
    """The provider for which it was sent."""
    state: ValidationState
    version: int
    """Counts the events about it."""
    likeness: bytes
    """The same for the same bytes under the same name, for the same return."""
    size: int
    sealed_file_name: bytes | None
    wrapped_key: bytes | None
    """None once its data was erased."""
    requested_by: str
    received_at: datetime
    return_asked: str | None = None
    academic_year: str | None = None
    return_name: str | None = None
    pack_version: str | None = None
    reference_digest: str | None = None
    learners: int | None = None
    parts: int | None = None
    parts_left: int | None = None
    checked: int = 0
    errors: int = 0
    warnings: int = 0
    not_run: Mapping[str, int] = field(default_factory=dict)
    """Rules that could not be judged, with the number of learners."""
    problem: str | None = None
    report_folder: UUID | None = None
    report_kinds: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def is_ended(self) -> bool:
        """Say whether nothing more happens by itself."""
        return self.state in ENDED

    def learners_a_second(self, now: datetime) -> float | None:
        """Return how fast learners are or were checked; None before the first part is done."""
        if self.started_at is None or not self.checked:
            return None
        seconds = ((self.ended_at or now) - self.started_at).total_seconds()
        return self.checked / max(seconds, 0.001)

    def seconds_left(self, now: datetime) -> float | None:
        """Return how long checking will still take at that rate; None where it is not known."""
        rate = self.learners_a_second(now)
        if self.state is not ValidationState.CHECKING or rate is None or self.learners is None:
            return None
        return (self.learners - self.checked) / rate


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a file: the learners from `first` to before `behind`, from 0."""

    validation_id: UUID
    number: int
    first: int
    behind: int

    @property
    def key(self) -> str:
        """Return its id, by which parts spread over those who check them."""
        return f"{self.validation_id}:{self.number}"
