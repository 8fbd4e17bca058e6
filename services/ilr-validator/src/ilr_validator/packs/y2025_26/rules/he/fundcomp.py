"""FUNDCOMP: completion of the year of instance, which not every provider has to give."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.y2025_26.rules.he.register import needs_no_funding_fields


@rule(AimHEs, "FUNDCOMP")
def FUNDCOMP_01(b: Batch) -> Mask:
    """The completion of the year of instance is not a known code."""
    mask = is_known(b.aim_hes.FUNDCOMP)
    mask &= ~b.in_list("FundComp", b.aim_hes, mask, b.aim_hes.FUNDCOMP)
    return mask & ~needs_no_funding_fields(b, b.aim_hes, mask) if mask.any() else mask
