"""ConRefNumber: the contract or agreement that pays for an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of


@rule(Aims, "FundModel", "ConRefNumber")
def ConRefNumber_03(b: Batch) -> Mask:
    """A contract stands on an aim of a funding model that has none."""
    named = ~b.aims.ConRefNumber.is_blank
    return named & one_of(b.aims.FundModel, 10, 11, 25, 35, 38, 81, 82, 99)
