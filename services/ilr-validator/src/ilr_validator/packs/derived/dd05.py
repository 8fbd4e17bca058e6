"""DD05: the check digit of an employer number (`DerivedData_05Rule`)."""

from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers
from ilr_validator.packs.derived import check_digits


def check_digit(numbers: Numbers) -> Text:
    """Give the digit that must be the ninth; "X" for what cannot be an employer number."""
    return check_digits.of_employers(numbers)


def has_check_digit(numbers: Numbers) -> Mask:
    """Tell for each number whether it is nine digits long and ends in its check digit."""
    return check_digits.is_employer(numbers)
