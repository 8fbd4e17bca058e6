"""Findings as rows: codes in clear, learner and values sealed, in the order of the file."""

from collections.abc import Callable, Iterable
from typing import Any

from ilr_validator.application.check import Finding
from ilr_validator.domain.findings import FindingRow, first_position

NO_LEARNER = -1
_BEHIND_ALL = 1 << 62


def finding_rows(
    found: Iterable[Finding],
    part: int,
    *,
    seal: Callable[[object, int], bytes],
    index: Callable[[str], int],
) -> list[FindingRow]:
    """Return the rows of a part's findings; the rules over the whole file are the part behind."""
    ordered = sorted(found, key=lambda one: (_place(one), one.aim, one.severity, one.rule))
    start = first_position(part) + 1
    return [_row(one, place, seal, index) for place, one in enumerate(ordered, start)]


def _row(
    one: Finding,
    position: int,
    seal: Callable[[object, int], bytes],
    index: Callable[[str], int],
) -> FindingRow:
    reference = one.learn_ref_number
    values = {
        "learn_ref_number": reference,
        "message": one.message,
        "parameters": [(name, _text(value)) for name, value in one.parameters],
    }
    return FindingRow(
        position=position,
        rule=one.rule,
        severity=one.severity,
        learner_position=None if one.learner == NO_LEARNER else one.learner + 1,
        aim_seq_number=one.aim_seq_number,
        reference_index=None if reference is None else index(reference),
        sealed=seal(values, position),
    )


def _place(one: Finding) -> int:
    return _BEHIND_ALL if one.learner == NO_LEARNER else one.learner


def _text(value: Any) -> str | None:
    """Give a value as the reports print it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
