"""Minimum hours of English and maths (EMH, MMH) for 16 to 19 year olds without a good grade."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import LarsValidities
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, take
from ilr_validator.packs.queries.ages import age_on
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.fams import has_fam, has_learner_fam

FUNDED_16_TO_19 = 25
T_LEVEL = 31
ENOUGH_HOURS = 150
FROM_2022 = day(2022, 8, 1)
TEAM_AIMS = ("60023995", "60027307", "60027629", "60032121", "60033344")
"""The King's Trust TEAM programme."""
BELOW_GRADE_3 = ("2", "1", "U", "E", "F", "G", "X", "NONE")
BELOW_GRADE_4 = ("3", "D", *BELOW_GRADE_3)


@derived
def _full_time(b: Batch) -> Mask:
    """Tell for each learner whether 150 hours or more are planned, in all or on the T Level."""
    learners, aims = b.learners, b.aims
    planned = np.nan_to_num(learners.PlanLearnHours) + np.nan_to_num(learners.PlanEEPHours)
    t_levels = is_of_programme(b, T_LEVEL) & is_of_type(b, 1)
    latest = aims.row_of_max(aims.LearnStartDate, t_levels)
    return (planned >= ENOUGH_HOURS) | (take(aims.PHours, latest) >= ENOUGH_HOURS)


@derived
def _concerned(b: Batch) -> Mask:
    """Tell for each learner whether hours are expected, subject and grade left aside."""
    old_t_level = is_of_programme(b, T_LEVEL) & (b.aims.LearnStartDate < FROM_2022)
    old_enough = age_on(b, b.year.august_31) >= 16
    return old_enough & _full_time(b) & ~b.aims.any(old_t_level)


def _without_hours(b: Batch, grades: Text, condition: str, hours: str, category: str) -> Mask:
    """Tell which aims oblige a learner to have minimum hours of a subject, and none are given.

    `condition` is the learner FAM of the condition of funding: codes 1 to 4 exempt the learner, 5
    only with a grade below 3.
    """
    passed = has_learner_fam(b, condition, 5) & grades.is_any(*BELOW_GRADE_3)
    exempt = passed | has_learner_fam(b, condition, 1, 2, 3, 4) | has_learner_fam(b, hours)
    learners = grades.is_any(*BELOW_GRADE_4) & ~exempt
    mask = is_funded_by(b, FUNDED_16_TO_19) & b.aims.of_learner(learners)
    if not mask.any():
        return mask
    mask = mask & has_fam(b, "SOF", "107") & b.aims.of_learner(_concerned(b))
    if not mask.any():
        return mask
    team = mask & b.aims.LearnAimRef.is_any(*TEAM_AIMS) & has_fam(b, "LDM", "331")
    rows, found, lars = b.lookup(LarsValidities, b.aims, mask & ~team, b.aims.LearnAimRef)
    return team | b.aims.mask(rows[lars.ValidityCategory.is_any(category)[found]])


PLANNED = ("PlanLearnHours", "PlanEEPHours")


@rule(
    Aims, "DateOfBirth", "EngGrade", *PLANNED, ("LearnFAMType", "EMH"), "FundModel", "PHours",
    "LearnAimRef",
)  # fmt: skip
def R_155(b: Batch) -> Mask:
    """The learner has no minimum hours of English."""
    return _without_hours(b, b.learners.EngGrade, "ECF", "EMH", "EFACONFUNDENGLISH")


@rule(
    Aims, "DateOfBirth", "MathGrade", *PLANNED, ("LearnFAMType", "MMH"), "FundModel", "PHours",
    "LearnAimRef",
)  # fmt: skip
def R_156(b: Batch) -> Mask:
    """The learner has no minimum hours of maths."""
    return _without_hours(b, b.learners.MathGrade, "MCF", "MMH", "EFACONFUNDMATHS")
