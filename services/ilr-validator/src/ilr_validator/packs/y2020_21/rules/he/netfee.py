"""NETFEE: the net tuition fee."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null

FROM_2012: Final = day(2012, 8, 1)
HIGHEST: Final = 9000


@rule(AimHEs, "LearnStartDate")
def NETFEE_01(b: Batch) -> Mask:
    """The net tuition fee is missing, and no student support number stands for it."""
    mask = b.aim_hes.SSN.is_null & is_null(b.aim_hes.NETFEE)
    return mask & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2012)


@rule(AimHEs, "NETFEE")
def NETFEE_02(b: Batch) -> Mask:
    """The net tuition fee is higher than £9,000."""
    return b.aim_hes.NETFEE > HIGHEST
