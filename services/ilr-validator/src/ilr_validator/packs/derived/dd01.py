"""DD01: the check digit of a unique learner number (`DerivedData_01Rule`)."""

from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers
from ilr_validator.packs.derived import check_digits


def check_digit(ulns: Numbers) -> Text:
    """Give "Y" (temporary), "N" (no learner number) or the digit that must be the tenth."""
    return check_digits.of_ulns(ulns)


def has_check_digit(ulns: Numbers) -> Mask:
    """Tell for each number whether it is temporary, or ends in its check digit."""
    return check_digits.is_uln(ulns)
