"""SEC: the socio-economic classification."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "SEC_01")

FROM_2013: Final = day(2013, 8, 1)
BRITISH_ISLES: Final = ("XF", "XG", "XH", "XI", "XK")


@rule(AimHEs, "LearnStartDate", "PERMADDCOUNTRY", "UCASSCHEMECODE")
def SEC_02(b: Batch) -> Mask:
    """The socio-economic classification of a student who applied through UCAS is missing."""
    hes = b.aim_hes
    mask = is_null(hes.SEC) & ~hes.UCASSCHEMECODE.is_blank
    mask &= hes.PERMADDCOUNTRY.is_any(*BRITISH_ISLES)
    return mask & (hes.of_parent(b.aims.LearnStartDate) >= FROM_2013)
