"""A live learner: how its versions differ and how late its data was entered.

Pure. Compares records and counts days; knows no storage and no transport.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs between two versions: its path, and the old value (None = absent).

    A path names fields and positions only (`LearningDelivery[0].CompStatus`), never a value.
    """

    path: str
    old: Any


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """List what differs between two versions of a record, in the order of the paths."""
    before = dict(_leaves(old))
    after = dict(_leaves(new))
    return [
        Change(path, before.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def field_names(found: Iterable[Change]) -> tuple[str, ...]:
    """Return the distinct names of the fields that changed, without positions, sorted."""
    return tuple(sorted({_without_positions(change.path) for change in found}))


def earliest_start(record: Mapping[str, Any]) -> date | None:
    """Return the earliest LearnStartDate of a record's aims."""
    starts = [aim["LearnStartDate"] for aim in record.get("LearningDelivery", ())]
    return date.fromisoformat(min(starts)) if starts else None


def entry_lag_days(record: Mapping[str, Any], *, entered: date) -> int | None:
    """Count the days from the earliest start to the first save; 0 when entered before (P-015)."""
    start = earliest_start(record)
    return None if start is None else max(0, (entered - start).days)


def is_entered_late(record: Mapping[str, Any], *, entered: date, target_working_days: int) -> bool:
    """Say whether the first save came more than the target of working days after the start.

    Working days are Monday to Friday; bank holidays are not counted out, so the answer is strict.
    """
    start = earliest_start(record)
    if start is None or entered <= start:
        return False
    working = 0
    day = start
    while day < entered and working <= target_working_days:
        day += timedelta(days=1)
        working += day.weekday() < SATURDAY
    return working > target_working_days


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _leaves(value, f"{path}[{position}]")
    else:
        yield path, node


def _without_positions(path: str) -> str:
    return "".join(part.split("]")[-1] for part in path.split("["))
