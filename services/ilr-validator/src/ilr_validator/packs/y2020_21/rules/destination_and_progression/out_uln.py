"""OutULN: the unique learner number of a destination and progression record."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Destinations
from ilr_validator.engine.reference import Ulns
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.derived import dd15

TEMPORARY: Final = 9_999_999_999


def _uln(b: Batch, rows: Rows) -> Numbers:
    return b.destinations.ULN[rows]


@rule(Destinations, ("OutULN", _uln))
def OutULN_01(b: Batch) -> Mask:
    """The unique learner number is not a valid one."""
    ulns = b.destinations.ULN
    digits = dd15.check_digit(ulns)
    last = Text.of(f"{number % 10:.0f}" for number in np.nan_to_num(ulns).tolist())
    return digits.is_exactly("N") | (~digits.is_exactly("Y") & ~digits.equals(last))


@rule(Destinations, "ULN")
def OutULN_02(b: Batch) -> Mask:
    """The unique learner number is not in the register of learners."""
    ulns = b.destinations.ULN
    permanent = ulns != TEMPORARY
    return permanent & ~b.exists(Ulns, b.destinations, permanent, ulns)
