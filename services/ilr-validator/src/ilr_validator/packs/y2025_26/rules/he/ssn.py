"""SSN: the student support number."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "SSN_02")

FROM_2021: Final = day(2021, 8, 1)


@rule(AimHEs, "LearnStartDate", "SSN", "NETFEE", "GROSSFEE")
def SSN_03(b: Batch) -> Mask:
    """There is no student support number and not both the net and the gross tuition fee."""
    hes = b.aim_hes
    mask = hes.SSN.is_blank & (is_null(hes.NETFEE) | is_null(hes.GROSSFEE))
    return mask & (hes.of_parent(b.aims.LearnStartDate) >= FROM_2021)
