"""SPECFEE: the special fee indicator."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

FROM_2009: Final = day(2009, 8, 1)
SANDWICH_YEAR_OUT: Final = 2
SANDWICH_PLACEMENT: Final = 1


@rule(AimHEs, "SPECFEE")
def SPECFEE_01(b: Batch) -> Mask:
    """The special fee indicator is not a known code."""
    return ~b.in_list("SpecFee", b.aim_hes, None, b.aim_hes.SPECFEE)


@rule(AimHEs, "LearnStartDate", "MODESTUD", "SPECFEE")
def SPECFEE_02(b: Batch) -> Mask:
    """The special fee of a sandwich year out is not that of a sandwich placement."""
    mask = (b.aim_hes.MODESTUD == SANDWICH_YEAR_OUT) & (b.aim_hes.SPECFEE != SANDWICH_PLACEMENT)
    return mask & b.aim_hes.of_parent(b.aims.LearnStartDate >= FROM_2009)
