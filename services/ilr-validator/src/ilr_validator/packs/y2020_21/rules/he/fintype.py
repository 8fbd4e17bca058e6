"""FINTYPE: financial support of students."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import LearnerHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows


def _types(b: Batch, rows: Rows) -> list[str]:
    """Write all types of support of each student, as the official report hands over the whole."""
    supports = b.financial_supports
    return [
        ", ".join(f"{number:.0f}" for number in supports.FINTYPE[supports.parent == row])
        for row in rows
    ]


@rule(LearnerHEs, ("FINTYPE", _types))
def FINTYPE_01(b: Batch) -> Mask:
    """A type of financial support is not a known code."""
    supports = b.financial_supports
    return supports.any(~b.in_list("FinType", supports, None, supports.FINTYPE))


@rule(LearnerHEs, ("FINTYPE", _types))
def FINTYPE_02(b: Batch) -> Mask:
    """A type of financial support is recorded more than once."""
    supports = b.financial_supports
    every = supports.FINTYPE == supports.FINTYPE
    one, other = supports.siblings(every, every)
    twice = supports.mask(one[(one != other) & (supports.FINTYPE[one] == supports.FINTYPE[other])])
    return supports.any(b.in_list("FinType", supports, twice, supports.FINTYPE))
