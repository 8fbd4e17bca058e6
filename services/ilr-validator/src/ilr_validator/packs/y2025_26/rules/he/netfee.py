"""NETFEE: the net tuition fee, whose usual limit was raised."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "NETFEE_01")

HIGHEST: Final = 9535


@rule(AimHEs, "NETFEE")
def NETFEE_02(b: Batch) -> Mask:
    """The net tuition fee is higher than £9,535."""
    return b.aim_hes.NETFEE > HIGHEST
