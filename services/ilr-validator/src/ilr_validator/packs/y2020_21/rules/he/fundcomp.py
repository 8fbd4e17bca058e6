"""FUNDCOMP: completion of the year of instance."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(AimHEs, "FUNDCOMP")
def FUNDCOMP_01(b: Batch) -> Mask:
    """The completion of the year of instance is not a known code."""
    return ~b.in_list("FundComp", b.aim_hes, None, b.aim_hes.FUNDCOMP)
