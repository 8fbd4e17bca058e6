"""ULN: the unique learner number, and until when the temporary one will do."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import has_fam, learner_has_aim_fam
from ilr_validator.packs.y2020_21.rules.learner.uln import (
    LENIENCY,
    TEMPORARY,
    days_since_start,
    has_temporary,
    is_before_january,
    is_loan,
    is_long_enough,
    is_students_office,
    recent_and_temporary,
)

KEPT = carried("2020-21", "ULN_04", "ULN_05", "ULN_09", "ULN_12")


@rule(Aims, "ULN")
def ULN_02(b: Batch) -> Mask:
    """The temporary learner number should not be used, not even without our funding."""
    aims = has_temporary(b) & one_of(b.aims.FundModel, 10, 11, 99) & ~has_fam(b, "SOF", "1")
    return b.aims.first_of_learner(aims)


@rule(Aims, "ULN", "FilePrepDate", reports_aim=False)
def ULN_03(b: Batch) -> Mask:
    """The temporary learner number should be replaced before January."""
    aims = has_temporary(b)
    if not aims.any() or not is_before_january(b):
        return np.zeros_like(aims)
    employed = b.aims.of_learner(learner_has_aim_fam(b, "ACT", "1"))
    return b.aims.first_of_learner(aims & ~employed)


@rule(Aims, ("ULN", TEMPORARY), "FilePrepDate", "LearnStartDate")
def ULN_06(b: Batch) -> Mask:
    """The temporary learner number should be replaced within 60 days of the start."""
    funded = one_of(b.aims.FundModel, 25, 35, 36, 37, 38, 81, 82)
    return recent_and_temporary(b, funded | is_loan(b))


@rule(Aims, "ULN", "FilePrepDate", "LearnStartDate", reports_aim=False)
def ULN_07(b: Batch) -> Mask:
    """The temporary learner number is still there over 60 days after the start."""
    funded = one_of(b.aims.FundModel, 25, 35, 36, 37, 38, 70, 81, 82) | is_loan(b)
    excluded = has_fam(b, "LDM", "034") | has_fam(b, "ACT", "1")
    aims = has_temporary(b) & funded & is_long_enough(b) & ~excluded
    if not aims.any() or is_before_january(b):
        return np.zeros_like(aims)
    return b.aims.first_of_learner(aims & (days_since_start(b) > LENIENCY))


def _students(b: Batch) -> Mask:
    """Tell for each aim whether it is a student's with the temporary number, to be replaced."""
    aims = has_temporary(b) & is_students_office(b) & is_long_enough(b)
    aims = aims & ~has_fam(b, "LDM", "034")
    if not aims.any() or is_before_january(b):
        return np.zeros_like(aims)
    return aims


@rule(
    Aims, ("ULN", TEMPORARY), "LearnStartDate", "LearnPlanEndDate", "FundModel",
    ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "1"),
)  # fmt: skip
def ULN_10(b: Batch) -> Mask:
    """The temporary learner number of a student should be replaced within 60 days of the start."""
    aims = _students(b)
    return aims & (days_since_start(b) <= LENIENCY) if aims.any() else aims


@rule(Aims, "ULN")
def ULN_11(b: Batch) -> Mask:
    """The temporary learner number of a student is still there over 60 days after the start."""
    aims = _students(b)
    return aims & (days_since_start(b) > LENIENCY) if aims.any() else aims
