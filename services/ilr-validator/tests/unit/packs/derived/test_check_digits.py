"""Check digits (DD01, 05, 14, 15) against numbers worked out by hand, and against plain sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilr_validator.packs.derived import dd01, dd05, dd14, dd15


@pytest.mark.parametrize(
    ("uln", "digit"),
    [
        (1_000_000_027, "7"),  # 10*1 + 2*2 = 14, 14 mod 11 = 3, 10 - 3
        (1_000_000_000, "0"),  # 10 mod 11 = 10, 10 - 10
        (1_000_000_060, "N"),  # 10*1 + 2*6 = 22, 22 mod 11 = 0
        (9_876_543_210, "N"),  # 90+72+56+42+30+20+12+6+2 = 330, 330 mod 11 = 0
        (9_999_999_999, "Y"),
        (999_999_999, "N"),
        (10_000_000_000, "N"),
        (0, "N"),
        (-1_000_000_027, "N"),
        (np.nan, "N"),
    ],
)
def test_the_tenth_digit_of_a_learner_number(uln: float, digit: str) -> None:
    assert dd01.check_digit(np.array([uln])).at(0) == digit
    assert dd15.check_digit(np.array([uln])).at(0) == digit


@given(st.integers(0, 99_999_999_999))
def test_a_learner_number_is_good_when_its_digits_say_so(uln: int) -> None:
    digits = [int(digit) for digit in str(uln)]
    total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    is_good = uln == 9_999_999_999 or (
        len(digits) == 10 and total % 11 != 0 and 10 - total % 11 == digits[9]
    )
    assert dd01.has_check_digit(np.array([float(uln)]))[0] == is_good
    assert dd15.has_check_digit(np.array([float(uln)]))[0] == is_good


@pytest.mark.parametrize(
    ("number", "digit"),
    [
        (100_000_002, "2"),  # 9*1 = 9, 11 - 9
        (100_000_010, "0"),  # 9*1 + 2*1 = 11, 11 - 0 = 11 stands for 0
        (500_000_000, "X"),  # 9*5 = 45, 45 mod 11 = 1, 11 - 1 = 10
        (99_999_999, "X"),
        (1_000_000_000, "X"),
        (0, "X"),
        (-100_000_002, "2"),  # the sign is left out
        (np.nan, "X"),
    ],
)
def test_the_ninth_digit_of_an_employer_number(number: float, digit: str) -> None:
    assert dd05.check_digit(np.array([number])).at(0) == digit
    assert dd14.check_digit(np.array([number])).at(0) == digit


@given(st.integers(0, 9_999_999_999))
def test_an_employer_number_is_good_when_its_digits_say_so(number: int) -> None:
    digits = [int(digit) for digit in str(number)]
    total = sum(digit * weight for digit, weight in zip(digits, range(9, 1, -1), strict=False))
    digit = {11: 0, 10: None}.get(11 - total % 11, 11 - total % 11)
    is_good = len(digits) == 9 and digits[8] == digit
    assert dd05.has_check_digit(np.array([float(number)]))[0] == is_good
    assert dd14.has_check_digit(np.array([float(number)]))[0] == is_good


def test_no_numbers_have_no_digits() -> None:
    assert len(dd01.check_digit(np.array([]))) == 0
    assert len(dd05.check_digit(np.array([]))) == 0
