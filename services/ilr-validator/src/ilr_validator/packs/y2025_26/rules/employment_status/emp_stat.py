"""EmpStat: which employment status a learner must have when an aim starts.

Traineeships and offenders in custody are no longer exceptions, as they were in 2020-21.
"""

from typing import Final

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day, years_between
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.academic_years import YearDate, year_date
from ilr_validator.packs.queries.employment import (
    none_before_start,
    none_by_start,
    status_code_at_start,
)
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.employment_status.emp_stat import is_part_time_16_to_19

KEPT = carried("2020-21", "EmpStat_05", "EmpStat_20")

IN_PAID_EMPLOYMENT: Final = 10
NOT_KNOWN: Final = 98
PROGRAMME_AIM: Final = 1
TAILORED_LEARNING: Final = 11
SKILLS_BOOTCAMP: Final = 37
ADULT_SKILLS_FUND: Final = 38
NOT_FUNDED: Final = 99
ADULT_FUND_MODELS: Final = (35, 81, NOT_FUNDED)
ADULT: Final = 19
FROM_2012: Final = day(2012, 8, 1)
UNTIL_2014: Final = day(2014, 7, 31)
FROM_2016: Final = day(2016, 8, 1)


@derived
def _is_adult(b: Batch) -> Mask:
    """Tell for each aim whether the learner was 19 on 31 August of the year in which it started."""
    births = b.aims.of_learner(b.learners.DateOfBirth)
    age = years_between(births, year_date(b.aims.LearnStartDate, YearDate.AUGUST_31))
    return age >= ADULT


def _is_community_learning(b: Batch) -> Mask:
    return (b.aims.FundModel == NOT_FUNDED) & has_fam(b, "SOF", "108")


def _is_apprenticeship_programme(b: Batch) -> Mask:
    return (b.aims.AimType == PROGRAMME_AIM) & is_apprenticeship(b)


@rule(Aims, ("EmpStat", "(missing)"), "FundModel", "LearnStartDate", "DateOfBirth")
def EmpStat_01(b: Batch) -> Mask:
    """There is no employment status for an adult's aim that started in 2012 to 2014."""
    mask = between(b.aims.LearnStartDate, FROM_2012, UNTIL_2014)
    mask &= one_of(b.aims.FundModel, *ADULT_FUND_MODELS)
    if not mask.any():
        return mask
    mask &= ~is_apprenticeship(b) & ~_is_community_learning(b)
    return mask & _is_adult(b) & none_by_start(b)


@rule(Aims, "LearnStartDate")
def EmpStat_02(b: Batch) -> Mask:
    """There is no employment status for an apprenticeship that started by July 2014."""
    mask = (b.aims.LearnStartDate <= UNTIL_2014) & _is_apprenticeship_programme(b)
    return mask & none_by_start(b)


@rule(Aims, "LearnStartDate", "FundModel")
def EmpStat_08(b: Batch) -> Mask:
    """There is no employment status from before an adult's aim started."""
    mask = one_of(b.aims.FundModel, *ADULT_FUND_MODELS, SKILLS_BOOTCAMP)
    mask = mask & none_before_start(b) & (b.aims.LearnStartDate > UNTIL_2014)
    if not mask.any():
        return mask
    return mask & ~is_apprenticeship(b) & ~_is_community_learning(b) & _is_adult(b)


@rule(Aims, ("EmpStat", "(missing)"), "LearnStartDate")
def EmpStat_09(b: Batch) -> Mask:
    """There is no employment status from before an apprenticeship started."""
    mask = _is_apprenticeship_programme(b) & (b.aims.LearnStartDate > UNTIL_2014)
    return mask & none_before_start(b)


@rule(Aims, ("EmpStat", NOT_KNOWN), "LearnStartDate")
def EmpStat_11(b: Batch) -> Mask:
    """There is no employment status from before the aim of a part-time learner of 16 to 19."""
    mask = (b.aims.LearnStartDate > UNTIL_2014) & none_before_start(b)
    return mask & is_part_time_16_to_19(b)


@rule(Aims, "LearnStartDate")
def EmpStat_12(b: Batch) -> Mask:
    """The apprentice is not in paid employment when the programme starts."""
    mask = _is_apprenticeship_programme(b) & (status_code_at_start(b) != IN_PAID_EMPLOYMENT)
    return b.aims.first_of_learner(mask & ~has_fam(b, "LDM", "353", "355"))


@rule(Aims, ("EmpStat", NOT_KNOWN), "LearnStartDate")
def EmpStat_15(b: Batch) -> Mask:
    """The employment status when an apprenticeship starts is not known."""
    mask = _is_apprenticeship_programme(b) & (status_code_at_start(b) == NOT_KNOWN)
    return mask & (b.aims.LearnStartDate >= FROM_2016) & ~has_fam(b, "LDM", "353", "355")


@rule(Aims, ("DateEmpStatApp", None), "FundModel", "LearnStartDate")
def EmpStat_21(b: Batch) -> Mask:
    """There is no employment status from before an adult's aim of the Adult Skills Fund."""
    mask = (b.aims.FundModel == ADULT_SKILLS_FUND) & none_before_start(b)
    return mask & _is_adult(b) if mask.any() else mask


@rule(Aims, ("DateEmpStatApp", None), "FundModel", "LearnStartDate")
def EmpStat_22(b: Batch) -> Mask:
    """There is no employment status for a tailored learning aim."""
    return (b.aims.FundModel == TAILORED_LEARNING) & none_by_start(b)
