"""LLDDCat: three categories that ended long ago are no codes any more."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import LLDDProblems
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of

REMOVED = (1, 2, 3)


@rule(LLDDProblems, "LLDDCat")
def LLDDCat_01(b: Batch) -> Mask:
    """The category of the difficulty or health problem does not exist."""
    problems = b.lldd_problems
    rest = ~one_of(problems.LLDDCat, *REMOVED)
    listed = b.in_list("LLDDCat", problems, rest, problems.LLDDCat)
    return problems.first_of_parent(~listed)
