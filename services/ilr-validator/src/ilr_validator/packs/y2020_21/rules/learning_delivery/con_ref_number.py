"""ConRefNumber: the contract that pays for an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries.contracts import contract_exists


@rule(Aims, "FundModel", "ConRefNumber")
def ConRefNumber_01(b: Batch) -> Mask:
    """A European Social Fund aim names no contract, or one that is not known."""
    mask = b.aims.FundModel == 70
    if not mask.any():
        return mask
    return mask & ~contract_exists(b, mask & ~b.aims.ConRefNumber.is_blank)


@rule(Aims, "FundModel", "ConRefNumber")
def ConRefNumber_03(b: Batch) -> Mask:
    """A contract stands on an aim of a funding model that has none."""
    named = ~b.aims.ConRefNumber.is_blank
    return named & one_of(b.aims.FundModel, 25, 82, 35, 36, 81, 10, 99)
