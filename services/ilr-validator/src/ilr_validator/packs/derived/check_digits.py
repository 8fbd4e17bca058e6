"""The check digits of learner and employer numbers, for the derived data that name them."""

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers

LOW_DIGITS = 5
"""A number is split before these, so that each part is looked up in a table."""
TEMPORARY_ULN = 9_999_999_999
TEMPORARY_EMPLOYER = 999_999_999
_ANSWERS: list[str | None] = [None, "N", "Y", "X", *(str(digit) for digit in range(10))]
_NO, _YES, _X, _ZERO = 1, 2, 3, 4


def of_ulns(ulns: Numbers) -> Text:
    """Give "Y" for the temporary number, "N" for one that cannot be, or else what digit 10 must be.

    Null cannot be a learner number.
    """
    is_long = _has_digits(ulns, 10)
    remainder = _weighted(ulns, is_long, range(10, 1, -1)) % 11
    codes = np.where(is_long & (remainder != 0), _ZERO + 10 - remainder, _NO)
    return Text(np.where(ulns == TEMPORARY_ULN, _YES, codes).astype(np.int32), _ANSWERS)


def is_uln(ulns: Numbers) -> Mask:
    """Tell for each number whether it ends in its check digit, or is the temporary one."""
    result: Mask = _agrees(ulns, of_ulns(ulns)) | (ulns == TEMPORARY_ULN)
    return result


def of_employers(numbers: Numbers) -> Text:
    """Give what digit 9 must be; "X" for a number that cannot be, or that is not 9 digits long."""
    sizes = np.abs(numbers)
    is_long = _has_digits(sizes, 9)
    digit = 11 - _weighted(sizes, is_long, range(9, 1, -1)) % 11
    codes = np.where(is_long & (digit != 10), _ZERO + digit % 11, _X)  # noqa: PLR2004 - "X"
    return Text(codes.astype(np.int32), _ANSWERS)


def is_employer(numbers: Numbers) -> Mask:
    """Tell for each number whether it has 9 digits of which the last is the check digit."""
    return _agrees(np.abs(numbers), of_employers(numbers))


def _has_digits(numbers: Numbers, size: int) -> Mask:
    result: Mask = (numbers >= 10 ** (size - 1)) & (numbers < 10**size)
    return result


def _weighted(numbers: Numbers, known: Mask, weights: Sequence[int]) -> npt.NDArray[np.int64]:
    """Sum the digits before the last one, each times its weight; 0 for what is not known."""
    rest = np.where(known, numbers, 0).astype(np.int64) // 10
    high, low = np.divmod(rest, 10**LOW_DIGITS)
    of_high, of_low = weights[:-LOW_DIGITS], weights[-LOW_DIGITS:]
    return _sums(tuple(of_high)).take(high) + _sums(tuple(of_low)).take(low)


@functools.cache
def _sums(weights: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Give for each number of so many digits the sum of its digits, each times its weight."""
    rest = np.arange(10 ** len(weights))
    total = np.zeros(len(rest), np.int64)
    for weight in reversed(weights):
        rest, digit = np.divmod(rest, 10)
        total += weight * digit
    return total


def _agrees(numbers: Numbers, answers: Text) -> Mask:
    last = np.nan_to_num(numbers).astype(np.int64) % 10
    result: Mask = last == answers.codes - _ZERO
    return result
