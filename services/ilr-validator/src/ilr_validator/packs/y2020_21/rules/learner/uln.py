"""ULN: the unique learner number, and until when the temporary one will do."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.reference import Ulns
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, one_of
from ilr_validator.packs.derived.dd01 import has_check_digit
from ilr_validator.packs.queries.fams import has_fam, learner_has_aim_fam

TEMPORARY = 9999999999
SHORTEST_COURSE = 5
LENIENCY = 60


@derived
def has_temporary(b: Batch) -> Mask:
    """Tell for each aim whether its learner has the temporary number."""
    return b.aims.of_learner(b.learners.ULN == TEMPORARY)


@derived
def is_long_enough(b: Batch) -> Mask:
    """Tell for each aim whether it is planned for five days, or lasted five days."""
    starts = b.aims.LearnStartDate
    planned = b.aims.LearnPlanEndDate - starts >= SHORTEST_COURSE
    actual: Mask = b.aims.LearnActEndDate - starts >= SHORTEST_COURSE
    return planned | actual


def is_loan(b: Batch) -> Mask:
    """Tell for each aim whether an advanced learner loan pays it."""
    return (b.aims.FundModel == 99) & has_fam(b, "ADL", "1")


def is_students_office(b: Batch) -> Mask:
    """Tell for each aim whether the Office for Students funds it."""
    return (b.aims.FundModel == 99) & has_fam(b, "SOF", "1")


def days_since_start(b: Batch) -> Numbers:
    """Give for each aim the days from its start to the file preparation date."""
    days: Numbers = b.preparation_date - b.aims.LearnStartDate
    return days


def is_before_january(b: Batch) -> bool:
    """Tell whether the file was prepared before January of the academic year."""
    return b.preparation_date < b.year.january_1


def recent_and_temporary(b: Batch, funded: Mask) -> Mask:
    """Keep of the aims those that began up to 60 days ago with a temporary number (ULN_06)."""
    aims = has_temporary(b) & funded & is_long_enough(b)
    aims = aims & ~has_fam(b, "LDM", "034") & ~has_fam(b, "ACT", "1")
    if not aims.any() or is_before_january(b):
        return np.zeros_like(aims)
    return aims & (days_since_start(b) <= LENIENCY)


def old_and_temporary(b: Batch, funded: Mask) -> Mask:
    """Keep the first aim that began over 60 days ago with a temporary number (ULN_07).

    An aim of a learner in custody, or of a contract with the employer, ends the search.
    """
    temporary = has_temporary(b)
    if not (temporary & funded).any() or is_before_january(b):
        return np.zeros_like(temporary)
    excluded = has_fam(b, "LDM", "034") | has_fam(b, "ACT", "1")
    late = funded & is_long_enough(b) & (days_since_start(b) > LENIENCY)
    ends_search = b.aims.first_of_learner(temporary & (excluded | late))
    return ends_search & ~excluded


@rule(Aims, "ULN")
def ULN_02(b: Batch) -> Mask:
    """The temporary learner number should not be used, not even without our funding."""
    aims = has_temporary(b) & one_of(b.aims.FundModel, 10, 99) & ~has_fam(b, "SOF", "1")
    return b.aims.first_of_learner(aims)


@rule(Aims, "ULN", "FilePrepDate", reports_aim=False)
def ULN_03(b: Batch) -> Mask:
    """The temporary learner number should be replaced before January."""
    aims = has_temporary(b) & one_of(b.aims.FundModel, 25, 35, 36, 70, 81, 82)
    if not aims.any() or not is_before_january(b):
        return np.zeros_like(aims)
    employed = b.aims.of_learner(learner_has_aim_fam(b, "ACT", "1"))
    return b.aims.first_of_learner(aims & ~employed)


@rule(Learners, "ULN")
def ULN_04(b: Batch) -> Mask:
    """The unique learner number does not pass its check."""
    return ~has_check_digit(b.learners.ULN)


@rule(Learners, "ULN")
def ULN_05(b: Batch) -> Mask:
    """The unique learner number is not in the learner register."""
    real: Mask = b.learners.ULN != TEMPORARY
    return real & ~b.exists(Ulns, b.learners, real, b.learners.ULN)


@rule(Aims, ("ULN", TEMPORARY), "FilePrepDate", "LearnStartDate")
def ULN_06(b: Batch) -> Mask:
    """The temporary learner number should be replaced within 60 days of the start."""
    return recent_and_temporary(b, one_of(b.aims.FundModel, 25, 35, 36, 70, 81, 82) | is_loan(b))


@rule(Aims, "ULN", "FilePrepDate", "LearnStartDate", reports_aim=False)
def ULN_07(b: Batch) -> Mask:
    """The temporary learner number is still there over 60 days after the start."""
    return old_and_temporary(b, one_of(b.aims.FundModel, 25, 35, 36, 70, 81, 82) | is_loan(b))


@rule(Aims, "ULN", "FilePrepDate")
def ULN_09(b: Batch) -> Mask:
    """The temporary learner number of a learner in custody should be replaced."""
    aims = has_temporary(b) & has_fam(b, "LDM", "034")
    return np.zeros_like(aims) if not aims.any() or is_before_january(b) else aims


@rule(
    Aims, ("ULN", TEMPORARY), "LearnStartDate", "LearnPlanEndDate", "FundModel",
    ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "1"),
)  # fmt: skip
def ULN_10(b: Batch) -> Mask:
    """The temporary learner number of a student in higher education should be replaced."""
    aims = has_temporary(b) & is_students_office(b) & is_long_enough(b)
    aims = aims & ~has_fam(b, "LDM", "034")
    if not aims.any() or is_before_january(b):
        return np.zeros_like(aims)
    return aims & (days_since_start(b) > LENIENCY)


@rule(Aims, "ULN")
def ULN_11(b: Batch) -> Mask:
    """The temporary learner number of a student is still there over 60 days after the start."""
    starts = b.aims.LearnStartDate
    short = (b.aims.LearnPlanEndDate - starts < SHORTEST_COURSE) | (
        b.aims.LearnActEndDate - starts < SHORTEST_COURSE
    )
    aims = has_temporary(b) & is_students_office(b) & ~short
    if not aims.any() or is_before_january(b):
        return np.zeros_like(aims)
    in_custody = b.aims.any(has_fam(b, "LDM", "034"))
    return aims & ~b.aims.of_learner(in_custody) & (days_since_start(b) > LENIENCY)


@rule(Aims, "ULN", "FundModel", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "1"))
def ULN_12(b: Batch) -> Mask:
    """An apprentice under a contract with the employer needs a unique learner number."""
    return has_temporary(b) & has_fam(b, "ACT", "1")
