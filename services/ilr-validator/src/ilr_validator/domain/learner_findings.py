"""What a live learner breaks, as it is kept: rules, fields and times, never values.

Compares what was found with what stands. It decides nothing about years or versions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

Key = tuple[str, int | None, int]
"""Rule, AimSeqNumber, and the place among the findings that have both in common."""


@dataclass(frozen=True, slots=True)
class LearnerFinding:
    """One breach of one rule by a live learner."""

    rule: str
    aim_seq_number: int | None
    ordinal: int
    """The place among several findings of the same rule and aim, from 0."""
    severity: str
    pointers: tuple[str, ...]
    """JSON Pointers (RFC 6901) of fields in the learner's record."""

    @property
    def key(self) -> Key:
        """Return what stays the same while the finding stands."""
        return self.rule, self.aim_seq_number, self.ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFinding:
    """A finding with its life: when and at which version it came up, and when it went."""

    finding_id: UUID
    learner_id: UUID
    academic_year: str
    finding: LearnerFinding
    opened_at: datetime
    opened_version: int
    closed_at: datetime | None = None
    closed_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerState:
    """When and by what a learner was last checked for a year."""

    learner_id: UUID
    academic_year: str
    ukprn: int
    version: int
    """The version of the record."""
    pack_version: str
    reference_digest: str | None
    return_name: str | None
    checked_at: datetime
    not_run: tuple[str, ...]
    sequence: int
    """Counts the events about the learner's findings of the year."""


@dataclass(frozen=True, slots=True)
class LearnerFindingFilter:
    """Which findings of a learner are asked for: all conditions that are set must hold."""

    academic_year: str | None = None
    severity: str | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often live learners of a provider break a rule at present."""

    rule: str
    severity: str
    findings: int
    learners: int


@dataclass(frozen=True, slots=True)
class YearSummary:
    """What the rules of a year say of all live learners of a provider at present."""

    academic_year: str
    learners: int
    """How many were checked."""
    not_run: int
    """Rules that could not be judged for at least one of them."""
    rules: tuple[RuleCount, ...]
    """Those with findings, the most frequent first."""

    def count(self, severities: frozenset[str]) -> int:
        """Return how many findings have one of these severities."""
        return sum(one.findings for one in self.rules if one.severity in severities)


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """How what was found differs from what stood."""

    opened: tuple[LearnerFinding, ...]
    altered: tuple[LearnerFinding, ...]
    """Still there, at another severity or in other fields."""
    closed: tuple[LearnerFinding, ...]
    open: int
    """How many stand now."""

    @property
    def has_news(self) -> bool:
        """Say whether a finding came or went."""
        return bool(self.opened or self.closed)

    @classmethod
    def between(
        cls,
        before: Mapping[Key, LearnerFinding],
        now: Iterable[LearnerFinding],
        *,
        was_judged: Callable[[str], bool],
    ) -> Self:
        """Compare. What no longer fires is closed only where its rule was judged this time."""
        found = {one.key: one for one in now}
        gone = [one for key, one in before.items() if key not in found and was_judged(one.rule)]
        opened = tuple(one for key, one in found.items() if key not in before)
        return cls(
            opened=opened,
            altered=tuple(
                one for key, one in found.items() if key in before and before[key] != one
            ),
            closed=tuple(gone),
            open=len(before) + len(opened) - len(gone),
        )


def numbered(found: Iterable[LearnerFinding]) -> list[LearnerFinding]:
    """Give each finding its ordinal among those of the same rule and aim, in their order."""
    counts: dict[tuple[str, int | None], int] = {}
    result = []
    for one in found:
        place = counts.get((one.rule, one.aim_seq_number), 0)
        counts[one.rule, one.aim_seq_number] = place + 1
        result.append(replace(one, ordinal=place))
    return result
