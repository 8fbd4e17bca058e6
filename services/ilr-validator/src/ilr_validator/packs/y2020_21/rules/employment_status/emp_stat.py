"""EmpStat: which employment status a learner must have when an aim starts."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day, years_between
from ilr_validator.engine.record import Aims, Employments
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.academic_years import YearDate, year_date
from ilr_validator.packs.queries.employment import (
    none_before_start,
    none_by_start,
    status_code_at_start,
)
from ilr_validator.packs.queries.fams import has_fam

IN_PAID_EMPLOYMENT: Final = 10
NOT_KNOWN: Final = 98
PROGRAMME_AIM: Final = 1
TRAINEESHIP: Final = 24
NOT_FUNDED: Final = 99
ADULT_FUND_MODELS: Final = (35, 81, 99)
FUND_MODELS_16_TO_19: Final = (25, 82)
FULL_TIME_HOURS: Final = 540
ADULT: Final = 19
DAYS_OF_NINETEEN_YEARS: Final = 6939
FROM_2012: Final = day(2012, 8, 1)
FROM_2013: Final = day(2013, 8, 1)
UNTIL_2013: Final = day(2013, 7, 31)
UNTIL_2014: Final = day(2014, 7, 31)
UNTIL_2016: Final = day(2016, 7, 31)


def _is_in_custody_or_community(b: Batch) -> Mask:
    """Tell which aims are of offenders in custody, or of community learning that nobody funds."""
    community = (b.aims.FundModel == NOT_FUNDED) & has_fam(b, "SOF", "108")
    return has_fam(b, "LDM", "034") | community


@rule(Aims, ("EmpStat", "(missing)"), "FundModel", "LearnStartDate", "DateOfBirth")
def EmpStat_01(b: Batch) -> Mask:
    """There is no employment status for an adult's aim that started in 2012 to 2014."""
    starts = b.aims.LearnStartDate
    mask = between(starts, FROM_2012, UNTIL_2014) & one_of(b.aims.FundModel, *ADULT_FUND_MODELS)
    if not mask.any():
        return mask
    mask &= ~is_apprenticeship(b) & (b.aims.ProgType != TRAINEESHIP)
    mask &= ~_is_in_custody_or_community(b) & none_by_start(b)
    births = b.aims.of_learner(b.learners.DateOfBirth)
    age_in_days = year_date(starts, YearDate.PREVIOUS_YEAR_END) - births
    return mask & (age_in_days > DAYS_OF_NINETEEN_YEARS)


@rule(Aims, "LearnStartDate")
def EmpStat_02(b: Batch) -> Mask:
    """There is no employment status for an apprenticeship that started by July 2014."""
    mask = (b.aims.LearnStartDate <= UNTIL_2014) & (b.aims.AimType == PROGRAMME_AIM)
    of_kind = is_apprenticeship(b) | (b.aims.ProgType == TRAINEESHIP)
    return mask & of_kind & none_by_start(b)


@rule(Employments, "EmpStat")
def EmpStat_05(b: Batch) -> Mask:
    """The employment status is not a known code."""
    return ~b.in_list("EmpStat", b.employments, None, b.employments.EmpStat)


def is_part_time_16_to_19(b: Batch) -> Mask:
    """Tell which aims of 16 to 19 are of learners with fewer hours than full-time learners plan."""
    hours = np.nan_to_num(b.learners.PlanLearnHours) + np.nan_to_num(b.learners.PlanEEPHours)
    funded = one_of(b.aims.FundModel, *FUND_MODELS_16_TO_19)
    return funded & b.aims.of_learner(hours < FULL_TIME_HOURS)


@rule(Aims, ("DateEmpStatApp", None), "PlanLearnHours", "PlanEEPHours", "LearnStartDate")
def EmpStat_06(b: Batch) -> Mask:
    """There is no employment status of a part-time learner of 16 to 19 from 2013 to 2014."""
    mask = between(b.aims.LearnStartDate, FROM_2013, UNTIL_2014) & is_part_time_16_to_19(b)
    return mask & (b.aims.ProgType != TRAINEESHIP) & none_by_start(b)


@rule(Aims, "PlanLearnHours", "PlanEEPHours", "LearnStartDate")
def EmpStat_07(b: Batch) -> Mask:
    """There is no employment status of a part-time learner of 16 to 19 until July 2013."""
    mask = (b.aims.LearnStartDate <= UNTIL_2013) & is_part_time_16_to_19(b)
    return mask & none_by_start(b)


@rule(Aims, "LearnStartDate", "FundModel")
def EmpStat_08(b: Batch) -> Mask:
    """There is no employment status from before an adult's aim started."""
    starts = b.aims.LearnStartDate
    mask = one_of(b.aims.FundModel, *ADULT_FUND_MODELS) & none_before_start(b)
    mask &= (starts > UNTIL_2014) & (b.aims.ProgType != TRAINEESHIP) & ~is_apprenticeship(b)
    if not mask.any():
        return mask
    births = b.aims.of_learner(b.learners.DateOfBirth)
    age = years_between(births, year_date(starts, YearDate.AUGUST_31))
    return mask & (age >= ADULT) & ~_is_in_custody_or_community(b)


@rule(Aims, ("EmpStat", "(missing)"), "LearnStartDate")
def EmpStat_09(b: Batch) -> Mask:
    """There is no employment status from before an apprenticeship or traineeship started."""
    mask = (b.aims.AimType == PROGRAMME_AIM) & (b.aims.LearnStartDate > UNTIL_2014)
    of_kind = is_apprenticeship(b) | (b.aims.ProgType == TRAINEESHIP)
    return mask & of_kind & none_before_start(b)


@rule(Aims, ("EmpStat", NOT_KNOWN), "LearnStartDate")
def EmpStat_11(b: Batch) -> Mask:
    """There is no employment status from before the aim of a part-time learner of 16 to 19."""
    mask = (b.aims.LearnStartDate > UNTIL_2014) & none_before_start(b)
    return mask & (b.aims.ProgType != TRAINEESHIP) & is_part_time_16_to_19(b)


@rule(Aims, "LearnStartDate")
def EmpStat_12(b: Batch) -> Mask:
    """The apprentice is not in paid employment when the programme starts."""
    mask = (b.aims.AimType == PROGRAMME_AIM) & is_apprenticeship(b)
    mask &= status_code_at_start(b) != IN_PAID_EMPLOYMENT
    return b.aims.first_of_learner(mask & ~has_fam(b, "LDM", "353", "354", "355"))


@rule(Aims, ("EmpStat", NOT_KNOWN), "LearnStartDate")
def EmpStat_15(b: Batch) -> Mask:
    """The employment status when an apprenticeship starts is not known."""
    mask = (b.aims.AimType == PROGRAMME_AIM) & is_apprenticeship(b)
    return mask & (b.aims.LearnStartDate > UNTIL_2016) & (status_code_at_start(b) == NOT_KNOWN)


@rule(Aims, ("EmpStat", NOT_KNOWN), "LearnStartDate")
def EmpStat_17(b: Batch) -> Mask:
    """The employment status when a traineeship starts is not known."""
    mask = (b.aims.AimType == PROGRAMME_AIM) & (b.aims.ProgType == TRAINEESHIP)
    return mask & (b.aims.LearnStartDate > UNTIL_2016) & (status_code_at_start(b) == NOT_KNOWN)


@rule(Aims, "LearnStartDate", ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "363"))
def EmpStat_20(b: Batch) -> Mask:
    """A learner on low wages is not in paid employment when the aim starts."""
    mask = has_fam(b, "LDM", "363")
    if not mask.any():
        return mask
    return b.aims.first_of_learner(mask & (status_code_at_start(b) != IN_PAID_EMPLOYMENT))
