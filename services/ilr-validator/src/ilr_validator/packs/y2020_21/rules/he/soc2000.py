"""SOC2000: the occupation."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null

FROM_2013: Final = day(2013, 8, 1)
FROM_2014: Final = day(2014, 8, 1)
BRITISH_ISLES: Final = ("XF", "XG", "XH", "XI", "XK")


@rule(AimHEs, "LearnStartDate", "DOMICILE", "UCASAPPID")
def SOC2000_02(b: Batch) -> Mask:
    """The occupation of a student who applied through UCAS is missing."""
    hes = b.aim_hes
    mask = is_null(hes.SOC2000) & ~hes.UCASAPPID.is_blank & hes.DOMICILE.is_exactly(*BRITISH_ISLES)
    return mask & (hes.of_parent(b.aims.LearnStartDate) >= FROM_2013)


@rule(AimHEs, "LearnStartDate", "SOC2000")
def SOC2000_03(b: Batch) -> Mask:
    """The occupation is not a known code of SOC 2000."""
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    mask = is_known(b.aim_hes.SOC2000) & (starts < FROM_2014)
    return mask & ~b.in_list("SOC2000", b.aim_hes, mask, b.aim_hes.SOC2000)


@rule(AimHEs, "LearnStartDate", "SOC2000")
def SOC2000_04(b: Batch) -> Mask:
    """The occupation is not a known code of SOC 2010."""
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    mask = is_known(b.aim_hes.SOC2000) & (starts >= FROM_2014)
    return mask & ~b.in_list("SOC2010", b.aim_hes, mask, b.aim_hes.SOC2000)
