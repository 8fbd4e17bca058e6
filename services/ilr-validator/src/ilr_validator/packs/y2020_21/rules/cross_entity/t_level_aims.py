"""Aims of T Levels and their foundation year: programme, core and components go together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.queries.groups import partners

T_LEVEL = (30, 31)


@derived
def _parts_and_programmes(b: Batch) -> tuple[Mask, Mask, Mask, Mask]:
    """Tell which T Level aims are parts and which programmes, and which of both have the other."""
    aims = b.aims
    t_level = one_of(aims.ProgType, *T_LEVEL)
    parts, programmes = t_level & one_of(aims.AimType, 3, 5), t_level & (aims.AimType == 1)
    part, programme = partners(aims, parts, programmes, aims.ProgType, aims.FundModel)
    return parts, aims.mask(part), programmes, aims.mask(programme)


@rule(Aims, "AimType", "ProgType", "FundModel")
def R125(b: Batch) -> Mask:
    """A T Level aim has no programme aim of its programme type and funding model."""
    parts, matched, _, _ = _parts_and_programmes(b)
    return parts & ~matched


def _as_numbers(column: str) -> Any:
    def plain(b: Batch, rows: Rows) -> Sequence[int | None]:
        values = getattr(b.aims, column)[rows].tolist()
        return [None if np.isnan(value) else int(value) for value in values]

    return plain


# Two of the official names of the parameters are wrong.
@rule(
    Aims,
    ("AimType", _as_numbers("ProgType")),
    "AimType",
    ("LearnStartDate", _as_numbers("FundModel")),
)
def R126(b: Batch) -> Mask:
    """A T Level programme aim has no core or component aim of its type and funding model."""
    return programmes_alone(b)


def programmes_alone(b: Batch) -> Mask:
    """Tell which T Level programme aims have no core or component aim of their type and funding."""
    _, _, programmes, matched = _parts_and_programmes(b)
    return programmes & ~matched
