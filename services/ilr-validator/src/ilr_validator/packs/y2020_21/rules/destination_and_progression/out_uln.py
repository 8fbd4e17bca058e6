"""OutULN: the unique learner number of a destination and progression record."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Destinations
from ilr_validator.engine.reference import Ulns
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.derived import dd15

TEMPORARY: Final = 9_999_999_999


def _uln(b: Batch, rows: Rows) -> Numbers:
    return b.destinations.ULN[rows]


@rule(Destinations, ("OutULN", _uln))
def OutULN_01(b: Batch) -> Mask:
    """The unique learner number is not a valid one."""
    return ~dd15.has_check_digit(b.destinations.ULN)


@rule(Destinations, "ULN")
def OutULN_02(b: Batch) -> Mask:
    """The unique learner number is not in the register of learners."""
    ulns = b.destinations.ULN
    permanent = ulns != TEMPORARY
    return permanent & ~b.exists(Ulns, b.destinations, permanent, ulns)
