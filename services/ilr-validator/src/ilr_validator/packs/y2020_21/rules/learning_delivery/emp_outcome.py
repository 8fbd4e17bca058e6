"""EmpOutcome: employment that an aim led to."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship


@rule(Aims, "FundModel", "EmpOutcome")
def EmpOutcome_01(b: Batch) -> Mask:
    """An employment outcome stands on an aim of a funding model that has none."""
    return is_known(b.aims.EmpOutcome) & one_of(b.aims.FundModel, 25, 82, 10, 99)


@rule(Aims, "EmpOutcome")
def EmpOutcome_02(b: Batch) -> Mask:
    """The employment outcome is not on the list of codes."""
    known = is_known(b.aims.EmpOutcome)
    return known & ~b.in_list("EmpOutcome", b.aims, known, b.aims.EmpOutcome)


@rule(Aims)
def EmpOutcome_03(b: Batch) -> Mask:
    """An employment outcome stands on an apprenticeship."""
    return is_known(b.aims.EmpOutcome) & is_apprenticeship(b)
