"""Findings as the service keeps and shows them: codes in clear, what is personal sealed."""

from dataclasses import dataclass
from typing import Final

PLACES_A_PART: Final = 1 << 24
"""More findings than a part can have: positions of parts do not meet."""


def first_position(part: int) -> int:
    """Return the position before all findings of a part; parts count from 0."""
    return part * PLACES_A_PART


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding as it is stored. `position` orders the findings of a validation, from 1."""

    position: int
    rule: str
    severity: str
    learner_position: int | None
    """The place of the learner in the file, from 1; None where the file as a whole is meant."""
    aim_seq_number: int | None
    reference_index: int | None
    """Blind index of LearnRefNumber; None where no learner is named."""
    sealed: bytes
    """LearnRefNumber, message and parameters."""


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings are asked for: all conditions that are set must hold."""

    rule: str | None = None
    severity: str | None = None
    reference_index: int | None = None
