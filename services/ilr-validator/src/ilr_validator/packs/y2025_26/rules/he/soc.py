"""SOC: the occupation, which was SOC2000 to 2024-25."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null

FROM_2013: Final = day(2013, 8, 1)
FROM_2014: Final = day(2014, 8, 1)
BRITISH_ISLES: Final = ("XF", "XG", "XH", "XI", "XK")


@rule(AimHEs, "LearnStartDate", "PERMADDCOUNTRY", "UCASSCHEMECODE")
def SOC_02(b: Batch) -> Mask:
    """The occupation of a student who applied through UCAS is missing."""
    hes = b.aim_hes
    mask = is_null(hes.SOC) & ~hes.UCASSCHEMECODE.is_blank
    mask &= hes.PERMADDCOUNTRY.is_any(*BRITISH_ISLES)
    return mask & (hes.of_parent(b.aims.LearnStartDate) >= FROM_2013)


@rule(AimHEs, "LearnStartDate", "SOC")
def SOC_04(b: Batch) -> Mask:
    """The occupation is not a known code."""
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    mask = is_known(b.aim_hes.SOC) & (starts >= FROM_2014)
    return mask & ~b.in_list("SOC2010", b.aim_hes, mask, b.aim_hes.SOC)
