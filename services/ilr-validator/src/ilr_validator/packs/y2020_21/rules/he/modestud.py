"""MODESTUD: the mode of study."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of

FROM_2009: Final = day(2009, 8, 1)
PART_TIME: Final = 3
SHORT_FINAL_YEAR: Final = (4, 5)


@rule(AimHEs, "MODESTUD")
def MODESTUD_01(b: Batch) -> Mask:
    """The mode of study is not a known code."""
    return ~b.in_list("ModeStud", b.aim_hes, None, b.aim_hes.MODESTUD)


@rule(AimHEs, "LearnStartDate", "SPECFEE", "MODESTUD")
def MODESTUD_03(b: Batch) -> Mask:
    """The special fee is for a short final year, so the mode of study must be part-time."""
    hes = b.aim_hes
    mask = one_of(hes.SPECFEE, *SHORT_FINAL_YEAR) & (hes.MODESTUD != PART_TIME)
    return mask & hes.of_parent(b.aims.LearnStartDate >= FROM_2009)
