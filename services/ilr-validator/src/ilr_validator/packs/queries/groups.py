"""Records compared among themselves: equal keys, neighbours in time, partners with equal fields."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.tables import Table
from ilr_validator.engine.values import Mask, Numbers, Rows, same

Keys = npt.NDArray[Any]
"""One key for each row: a number column, `Text.folded`, `Text.codes` or the rows of the parents."""

_FAR: Final = 16
"""How far apart records of one owner are compared pair by pair; beyond that they are sorted."""


def first_repeated(mask: Mask, owners: Rows, *keys: Keys) -> Rows:
    """Give for each owner the first row of each combination of keys that it has more than once.

    Only rows of the mask count. `owners` is `table.parent` or `table.learner`; null equals null.
    """
    rows, firsts = all_repeated(mask, owners, *keys)
    return rows[rows == firsts]


def all_repeated(mask: Mask, owners: Rows, *keys: Keys) -> tuple[Rows, Rows]:
    """Give the rows whose keys another row of the owner has too, and the first row of each group.

    Only rows of the mask count. `owners` is `table.parent` or `table.learner`; null equals null.
    """
    rows = np.flatnonzero(mask)
    rows = rows[_suspects(owners[rows], [key[rows] for key in keys])]
    if not len(rows):
        return rows, rows
    groups = numbered(owners[rows], *(key[rows] for key in keys))
    _, firsts, counts = np.unique(groups, return_index=True, return_counts=True)
    repeated = counts[groups] > 1
    return rows[repeated], rows[firsts[groups[repeated]]]


def _suspects(owners: Rows, keys: list[Keys]) -> Mask:
    """Tell which rows may repeat another row of their owner; most records repeat nothing."""
    result = np.zeros(len(owners), bool)
    places = np.flatnonzero(owners[1:] == owners[:-1])
    for distance in range(1, _FAR):
        if not len(places):
            return result
        equal = np.ones(len(places), bool)
        for key in keys:
            equal &= _equal(key[places], key[places + distance])
        if equal.any():
            result[places[equal]] = result[places[equal] + distance] = True
        places = places[: np.searchsorted(places, len(owners) - distance - 1)]
        places = places[owners[places] == owners[places + distance + 1]]
    return result | np.isin(owners, owners[places])


def _equal(left: Keys, right: Keys) -> Mask:
    equal: Mask = left == right
    return same(left, right) if left.dtype.kind == "f" and not equal.all() else equal


def numbered(*keys: Keys) -> Rows:
    """Give equal numbers to rows whose keys are all equal; null equals null."""
    numbers = np.zeros(len(keys[0]), np.intp)
    for key in keys:
        values, inverse = np.unique(key, return_inverse=True)
        _, numbers = np.unique(numbers * len(values) + inverse, return_inverse=True)
    return numbers


def neighbours(mask: Mask, owners: Rows, values: Numbers) -> tuple[Rows, Rows]:
    """Pair each row of the mask with the next one of the same owner, in the order of the values.

    Null comes first and equal values keep their order (`OrderBy`). Gives the earlier and the later
    row of each pair. `owners` is `table.parent` or `table.learner`.
    """
    rows = np.flatnonzero(mask)
    owner = owners[rows]
    follows = owner[1:] == owner[:-1]
    if not follows.any():
        return rows[:0], rows[:0]
    rows = rows[np.append(follows, False) | np.append(False, follows)]
    owner, ranks = owners[rows], np.nan_to_num(values[rows], nan=-np.inf)
    follows = owner[1:] == owner[:-1]
    if (follows & (ranks[1:] < ranks[:-1])).any():
        rows = rows[np.lexsort((ranks, owner))]
    return rows[:-1][follows], rows[1:][follows]


def partners(table: Table, left: Mask, right: Mask, *columns: Keys) -> tuple[Rows, Rows]:
    """Pair rows of two masks below the same parent that agree in every column; null equals null."""
    one, other = table.siblings(left, right)
    for column in columns:
        if not len(one):
            break
        agree = _equal(column[one], column[other])
        one, other = one[agree], other[agree]
    return one, other
