"""What the use cases of live learners need of the outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from ilr_validator.application.check_learner import FormResult, Occasion
from ilr_validator.domain.learner_findings import (
    FindingChanges,
    KeptFinding,
    Key,
    LearnerFinding,
    LearnerFindingFilter,
    LearnerState,
    YearSummary,
)
from matricula_chassis.audit import ActionContext
from matricula_contracts.events import Event


class NoRulesError(Exception):
    """There are no rules for this year, or no record that they could look at."""


@dataclass(frozen=True, slots=True)
class LearnerRecord:
    """A live learner as learner-api has it; personal data, for the time of the check only."""

    learner_id: UUID
    ukprn: int
    version: int
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one year's rules say of learners, and by which rules and data that was."""

    pack_version: str
    reference_digest: str | None
    results: Sequence[FormResult]
    stage_of: Callable[[str], str | None]
    """The stage at which a rule is judged; None where the year has no such rule."""


class LearnerRecords(Protocol):
    """Reads live learners from their owner."""

    async def read(
        self, learner_ids: Sequence[UUID], *, ukprn: int, correlation_id: str
    ) -> Mapping[UUID, LearnerRecord]:
        """Return learners of a provider, without those that cannot be read. Raises Unavailable."""


class LearnerChecks(Protocol):
    """Checks learners apart from the event loop."""

    async def judge(
        self,
        academic_year: str,
        records: Sequence[Mapping[str, Any]],
        occasion: Occasion,
        *,
        is_stored: bool = False,
    ) -> Judgement:
        """Check learners; raises NoRulesError, RecordNotReadableError."""


class LearnerFindings(Protocol):
    """The findings of live learners, in one transaction."""

    async def lock(self, learner_ids: Sequence[UUID], *, ukprn: int) -> None: ...
    async def versions(self, learner_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], int]: ...
    async def states(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[UUID, Mapping[str, LearnerState]]: ...
    async def standing(
        self, learner_ids: Sequence[UUID], *, ukprn: int
    ) -> Mapping[tuple[UUID, str], Mapping[Key, LearnerFinding]]: ...
    async def keep(self, checked: Sequence[tuple[LearnerState, FindingChanges]]) -> None: ...
    async def summary(self, *, ukprn: int) -> Sequence[YearSummary]: ...
    async def page(
        self,
        learner_id: UUID,
        *,
        ukprn: int,
        wanted: LearnerFindingFilter,
        after: UUID | None,
        limit: int,
    ) -> Sequence[KeptFinding]: ...


class LearnerWork(Protocol):
    """One transaction."""

    @property
    def learner_findings(self) -> LearnerFindings: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def publish(
        self,
        event: Event,
        *,
        subject: UUID | str,
        sequence: int,
        action: str,
        resource_type: str,
        **facts: Any,
    ) -> None: ...


LearnerWorkFactory = Callable[[ActionContext], LearnerWork]
"""The database of the service."""
