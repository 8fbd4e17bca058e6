"""Brings pairs of rows back to their left side, once "of all these" has been answered pair by pair.

The left rows of pairs stand in ascending order, as `Table.siblings`, `Table.pairs` and
`Batch.lookup` give them.
"""

import numpy as np

from ilr_validator.engine.tables import NO_ROW
from ilr_validator.engine.values import Numbers, Rows, begins_group


def least(size: int, rows: Rows, values: Numbers) -> Numbers:
    """Give for each of `size` rows the least value paired with it; null where there is none."""
    return _extreme(np.fmin, size, rows, values)


def greatest(size: int, rows: Rows, values: Numbers) -> Numbers:
    """Give for each of `size` rows the greatest value paired with it; null where there is none."""
    return _extreme(np.fmax, size, rows, values)


def _extreme(ufunc: np.ufunc, size: int, rows: Rows, values: Numbers) -> Numbers:
    result = np.full(size, np.nan)
    if len(rows):
        starts = begins_group(rows).nonzero()[0]
        result[rows[starts]] = ufunc.reduceat(values, starts)
    return result


def first(size: int, rows: Rows, others: Rows) -> Rows:
    """Give for each of `size` rows the first row paired with it; NO_ROW where there is none."""
    result = np.full(size, NO_ROW, np.intp)
    result[rows[::-1]] = others[::-1]
    return result


def first_of_greatest(size: int, rows: Rows, others: Rows, values: Numbers) -> Rows:
    """Give for each row the pair of the greatest value (`OrderByDescending.FirstOrDefault`).

    Null is the least value; of equal values the first pair is given.
    """
    ranks = np.where(np.isnan(values), -np.inf, values)
    best = ranks == greatest(size, rows, ranks)[rows]
    return first(size, rows[best], others[best])


def first_of_least(size: int, rows: Rows, others: Rows, values: Numbers) -> Rows:
    """Give for each row the pair of the least value (`OrderBy.FirstOrDefault`), null first."""
    ranks = np.where(np.isnan(values), -np.inf, values)
    best = ranks == least(size, rows, ranks)[rows]
    return first(size, rows[best], others[best])
