"""Records compared among themselves: equal keys, neighbours in time, partners with equal fields."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.tables import Table
from ilr_validator.engine.values import Mask, Numbers, Rows, same

Keys = npt.NDArray[Any]
"""One key for each row: a number column, `Text.folded`, `Text.codes` or the rows of the parents."""

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_NULL: Final = np.array([np.nan]).view(np.uint64)[0]


def first_repeated(mask: Mask, *keys: Keys) -> Rows:
    """Give the first row of each combination of keys that two rows of the mask or more have."""
    rows, groups = _repeats(mask, keys)
    _, firsts = np.unique(groups, return_index=True)
    return np.sort(rows[firsts])


def all_repeated(mask: Mask, *keys: Keys) -> tuple[Rows, Rows]:
    """Give each row of the mask whose keys another row has too, and the first row of its group."""
    rows, groups = _repeats(mask, keys)
    _, firsts, group = np.unique(groups, return_index=True, return_inverse=True)
    return rows, rows[firsts[group]]


def numbered(*keys: Keys) -> Rows:
    """Give equal numbers to rows whose keys are all equal; null equals null."""
    numbers = np.zeros(len(keys[0]), np.intp)
    for key in keys:
        values, inverse = np.unique(key, return_inverse=True)
        _, numbers = np.unique(numbers * len(values) + inverse, return_inverse=True)
    return numbers


def _repeats(mask: Mask, keys: tuple[Keys, ...]) -> tuple[Rows, Rows]:
    """Give the rows of the mask that are not alone with their keys, and their group's number.

    Most records repeat nothing, so a mixture of the keys is sorted first: where no two are equal,
    nothing repeats, and only rows with an equal mixture are then compared key by key.
    """
    rows = np.flatnonzero(mask)
    mixtures = np.zeros(len(rows), np.uint64)
    for key in keys:
        values = key[rows].astype(np.float64)
        bits = np.where(np.isnan(values), _NULL, (values + 0.0).view(np.uint64))
        mixtures = (mixtures ^ bits ^ (bits >> np.uint64(31))) * _ODD
        mixtures ^= mixtures >> np.uint64(29)
    ordered = np.sort(mixtures)
    suspects = ordered[1:][ordered[1:] == ordered[:-1]]
    rows = rows[np.isin(mixtures, suspects)] if len(suspects) else rows[:0]
    groups = numbered(*(key[rows] for key in keys))
    kept = np.bincount(groups, minlength=1)[groups] > 1
    return rows[kept], groups[kept]


def neighbours(mask: Mask, owners: Rows, values: Numbers) -> tuple[Rows, Rows]:
    """Pair each row of the mask with the next one of the same owner, in the order of the values.

    Null comes first and equal values keep their order (`OrderBy`). Gives the earlier and the later
    row of each pair. `owners` is `table.parent` or `table.learner`.
    """
    rows = np.flatnonzero(mask)
    owner = owners[rows]
    if not (owner[1:] == owner[:-1]).any():
        return rows[:0], rows[:0]
    order = np.lexsort((np.nan_to_num(values[rows], nan=-np.inf), owner))
    rows = rows[order]
    pairs = owners[rows[1:]] == owners[rows[:-1]]
    return rows[:-1][pairs], rows[1:][pairs]


def partners(table: Table, left: Mask, right: Mask, *columns: Numbers) -> tuple[Rows, Rows]:
    """Pair rows of two masks below the same parent that agree in every column; null equals null."""
    one, other = table.siblings(left, right)
    for column in columns:
        agree = same(column[one], column[other])
        one, other = one[agree], other[agree]
    return one, other
