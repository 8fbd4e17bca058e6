"""Prior attainment against the aims: since when, and what it lets be funded."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, one_of
from ilr_validator.packs.derived.dd38 import is_on_benefits_2025
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.fams import has_fam

ADULT_SKILLS_FUND = 38
FREE_COURSES = "378"
LOW_WAGE, BELOW_EARNINGS_THRESHOLD = "382", "391"
DELIVERY_EXCLUSION = "023"
LEVEL_3_OR_ABOVE = (6, 7, 8, 9, 10, 97, 98)
BELOW_LEVEL_3 = (1, 2, 3, 4, 5, 99)
FROM_APRIL_2022, UNTIL_JULY_2024 = day(2022, 4, 1), day(2024, 7, 31)
FROM_2024 = day(2024, 8, 1)

FREE_COURSE_CODE = ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", FREE_COURSES)


@derived
def _earliest_start(b: Batch) -> Dates:
    """Give for each learner the first start of aims for which attainment counts."""
    return b.aims.min(b.aims.LearnStartDate, is_funded_by(b, 35, 36, 37, 38, 81, 99))


@derived
def _earliest_attainment(b: Batch) -> Dates:
    return b.prior_attainments.min(b.prior_attainments.DateLevelApp)


def _reported_start(b: Batch, rows: Rows) -> Dates:
    return _earliest_start(b)[rows]


def _reported_attainment(b: Batch, rows: Rows) -> Dates:
    return _earliest_attainment(b)[rows]


@rule(Learners, ("DateLevelApp", _reported_attainment), ("LearnStartDate", _reported_start))
def R_131(b: Batch) -> Mask:
    """No prior attainment applies from the start of the first aim or before."""
    return _earliest_attainment(b) > _earliest_start(b)


def _attained(b: Batch, *levels: int) -> Mask:
    """Tell for each aim whether its learner has one of these levels of prior attainment."""
    attained = b.prior_attainments.any(one_of(b.prior_attainments.PriorLevel, *levels))
    return b.aims.of_learner(attained)


@derived
def _free_courses(b: Batch) -> Mask:
    """Tell which aims are free courses for jobs, but where a devolved authority sets terms."""
    return has_fam(b, "LDM", FREE_COURSES) & ~has_fam(b, "DAM", DELIVERY_EXCLUSION)


@rule(Aims, "LearnStartDate", *FREE_COURSE_CODE)
def R_132(b: Batch) -> Mask:
    """A free course for somebody with level 3 who is neither on benefits nor on a low wage."""
    starts = b.aims.LearnStartDate
    mask = _free_courses(b) & (starts >= FROM_APRIL_2022) & (starts <= UNTIL_JULY_2024)
    if not mask.any():
        return mask
    exempt = has_fam(b, "LDM", LOW_WAGE) | is_on_benefits_2025(b)
    return mask & _attained(b, *LEVEL_3_OR_ABOVE) & ~exempt


@rule(Aims, "LearnStartDate", *FREE_COURSE_CODE)
def R_148(b: Batch) -> Mask:
    """A free course for a 19 to 23 year old with level 3 and no low earnings."""
    mask = _free_courses(b) & (b.aims.LearnStartDate >= FROM_2024)
    mask = mask & is_funded_by(b, ADULT_SKILLS_FUND)
    if not mask.any():
        return mask
    ages = age_at_start(b)
    exempt = has_fam(b, "LDM", BELOW_EARNINGS_THRESHOLD) | has_fam(b, "RES")
    return mask & (ages >= 19) & (ages <= 23) & ~exempt & ~_attained(b, *BELOW_LEVEL_3)


@rule(Aims, "LearnStartDate", "DateOfBirth", *FREE_COURSE_CODE, "FundModel")
def R_151(b: Batch) -> Mask:
    """A free course for somebody of 24 or over whose earnings are not recorded as low."""
    mask = _free_courses(b) & (b.aims.LearnStartDate >= FROM_2024)
    mask = mask & is_funded_by(b, ADULT_SKILLS_FUND)
    if not mask.any():
        return mask
    return mask & (age_at_start(b) >= 24) & ~has_fam(b, "LDM", BELOW_EARNINGS_THRESHOLD)
