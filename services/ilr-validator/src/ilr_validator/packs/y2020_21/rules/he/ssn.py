"""SSN: the student support number, with its check letter."""

import re
from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

PATTERN: Final = re.compile(r"^[A-HJ-NPR-Y]{4}[0-9]{8}[A-HJ-NPR-Z]$")
LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
FIRST_WEIGHT: Final = 13


def _is_number(text: str) -> bool:
    """Tell whether a text is a student support number with the right check letter."""
    number = text.upper()
    if not PATTERN.search(number):
        return False
    values = [*map(LETTERS.index, number[:4]), *map(int, number[4:12])]
    total = sum(value * (FIRST_WEIGHT - place) for place, value in enumerate(values))
    return number[-1] == LETTERS[len(LETTERS) - total % len(LETTERS) - 1]


@rule(AimHEs, "SSN")
def SSN_02(b: Batch) -> Mask:
    """The student support number is not a valid one."""
    return ~b.aim_hes.SSN.is_blank & ~b.aim_hes.SSN.test(_is_number)
