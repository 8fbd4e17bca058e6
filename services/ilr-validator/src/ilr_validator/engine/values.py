"""Columns of numbers and how null behaves in them.

Numbers, dates (as day numbers, see `dates`) and flags are numpy arrays, one value for each row of a
table. Null is NaN, so that a comparison with null is false, as in the official engine; only
"is not equal" needs care, for which `differs` stands here. Nothing here knows a field or a year.
"""

import functools
from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Dates: TypeAlias = Annotated[npt.NDArray[np.float64], "date"]
Mask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]

NOTHING: Final[Rows] = np.zeros(0, np.intp)
"""No row at all."""
NOTHING.setflags(write=False)
FEW: Final = 10_000
"""So many places are quicker marked than that many numbers sorted."""


def is_null(values: Numbers) -> Mask:
    """Tell for each value whether it is null."""
    return np.isnan(values)


def is_known(values: Numbers) -> Mask:
    """Tell for each value whether it is there (`HasValue` of the official engine)."""
    return ~np.isnan(values)


def one_of(values: Numbers, *codes: float) -> Mask:
    """Tell for each value whether it is one of `codes`; null is none of them."""
    return is_among(values, codes)


def is_among(values: Numbers, codes: Iterable[float]) -> Mask:
    """Tell for each value whether it is in the collection `codes`; null is in none."""
    wanted = tuple(codes)
    if len(wanted) > 8:  # noqa: PLR2004 - below that, comparing is quicker than searching
        ordered = _ordered(wanted)
        result: Mask = ordered[np.searchsorted(ordered, values)] == values
        return result
    result = np.zeros(len(values), bool) if not wanted else values == wanted[0]
    for code in wanted[1:]:
        result |= values == code
    return result


@functools.lru_cache(maxsize=1000)
def _ordered(codes: tuple[float, ...]) -> Numbers:
    """Give the codes in ascending order, and null behind them, where null would be searched."""
    return np.append(np.sort(np.array(codes, np.float64)), np.nan)


def between(values: Numbers, low: Numbers | float, high: Numbers | float) -> Mask:
    """Tell for each value whether low <= value <= high; false where any of the three is null."""
    result: Mask = (values >= low) & (values <= high)
    return result


def same(left: Numbers, right: Numbers | float) -> Mask:
    """Tell where both are equal or both are null (`==` of two nullables in the official engine)."""
    result: Mask = (left == right) | (np.isnan(left) & np.isnan(right))
    return result


def differs(left: Numbers, right: Numbers | float) -> Mask:
    """Tell where the two differ, null being equal to null (`!=` of two nullables)."""
    return ~same(left, right)


def take(values: Numbers, rows: Rows) -> Numbers:
    """Give the values at `rows`; a negative row stands for "no row" and gives null."""
    if not len(values):
        return np.full(len(rows), np.nan)
    result: Numbers = values[rows]
    result[rows < 0] = np.nan
    return result


def take_mask(values: Mask, rows: Rows) -> Mask:
    """Give the flags at `rows`; a negative row stands for "no row" and gives false."""
    if not len(values):
        return np.zeros(len(rows), bool)
    result: Mask = (rows >= 0) & values[rows]
    return result


def join_sorted(left: npt.NDArray[np.generic], right: npt.NDArray[np.generic]) -> tuple[Rows, Rows]:
    """Pair each index of `left` with each index of `right` that holds an equal value.

    `right` must be ascending; `left` may have any order. Pairs come in the order of `left`, then of
    `right`. The size is the number of pairs: mask both sides first.
    """
    begin = right.searchsorted(left, "left")
    return spread(begin, right.searchsorted(left, "right") - begin)


def join_numbered(left: Rows, right: Rows, size: int) -> tuple[Rows, Rows]:
    """Do what `join_sorted` does for numbers from 0 to before `size`, without searching."""
    if not len(left) or not len(right):
        return NOTHING, NOTHING
    counts = np.bincount(right, minlength=size)
    ends = counts.cumsum()
    return spread((ends - counts)[left], counts[left])


def spread(begin: Rows, counts: Rows) -> tuple[Rows, Rows]:
    """Give for each place its number as often as it has partners, and their numbers in a row."""
    if not len(begin):
        return NOTHING, NOTHING
    if counts.max() <= 1:  # most keys are keys of one row
        those: Rows = counts.nonzero()[0]
        return those, begin[those]
    left_rows = np.arange(len(begin), dtype=np.intp).repeat(counts)
    before = (counts.cumsum() - counts - begin).repeat(counts)
    return left_rows, np.arange(len(before), dtype=np.intp) - before


def renumbered(numbers: npt.NDArray[np.int64], bound: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Give the distinct numbers in their order, and for each number which of them it is.

    All are from 0 to before `bound`.
    """
    if bound > max(FEW, 2 * len(numbers)):
        distinct, places = np.unique(numbers, return_inverse=True)
        return distinct, places
    present = np.zeros(bound, bool)
    present[numbers] = True
    return present.nonzero()[0], (present.cumsum() - 1).take(numbers)


def begins_group(owners: Rows) -> Mask:
    """Tell for each of some rows whether it is the first of its owner; owners stand together."""
    result = np.ones(len(owners), bool)
    np.not_equal(owners[1:], owners[:-1], out=result[1:])
    return result
