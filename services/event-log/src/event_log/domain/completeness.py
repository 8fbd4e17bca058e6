"""Completeness: every producer numbers the events of an aggregate, so a missing one leaves a gap.

Integrity says that nothing in the log was changed; this says that nothing failed to arrive.
"""

from collections.abc import Iterable
from dataclasses import dataclass

FIRST_SEQUENCE = 1


@dataclass(frozen=True, slots=True, order=True)
class StreamKey:
    """One aggregate's events: they are numbered 1, 2, 3 and so on."""

    topic: str
    subject: str


@dataclass(frozen=True, slots=True)
class Stream:
    """Highest number seen, and the runs (first, last) below it that are missing."""

    head: int = FIRST_SEQUENCE - 1
    gaps: tuple[tuple[int, int], ...] = ()


def advance(stream: Stream, numbers: Iterable[int]) -> Stream:
    """Account for more numbers, in any order; a number that comes late closes its gap.

    Numbers below 1 mark events outside of any numbering and are passed over.
    """
    head, gaps = stream.head, list(stream.gaps)
    for number in sorted(set(numbers)):
        if number < FIRST_SEQUENCE:
            continue
        if number > head:
            if number > head + 1:
                gaps.append((head + 1, number - 1))
            head = number
        else:
            gaps = _without(gaps, number)
    return Stream(head, tuple(gaps))


def _without(gaps: list[tuple[int, int]], number: int) -> list[tuple[int, int]]:
    left: list[tuple[int, int]] = []
    for first, last in gaps:
        if first <= number <= last:
            left += [run for run in ((first, number - 1), (number + 1, last)) if run[0] <= run[1]]
        else:
            left.append((first, last))
    return left
