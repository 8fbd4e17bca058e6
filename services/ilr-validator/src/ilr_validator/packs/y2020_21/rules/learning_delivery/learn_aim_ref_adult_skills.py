"""LearnAimRef: aims that adult skills funding does not pay for."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, one_of, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries import employment, lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.provider import has_legal_type

FROM_AUGUST_2015 = day(2015, 8, 1)
UNTIL_JULY_2016 = day(2016, 7, 31)
FROM_AUGUST_2016 = day(2016, 8, 1)
UNTIL_JULY_2017 = day(2017, 7, 31)
FROM_AUGUST_2017 = day(2017, 8, 1)

LEVEL_3_ENTITLEMENT = 38
LICENCE_TO_PRACTISE = 20
SECURITY_LICENCE = 22
LEVEL_3_AND_ABOVE = (3, 4, 5, 10, 11, 12, 13, 97, 98)


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_56(b: Batch) -> Mask:
    """Offenders are not funded for security licences."""
    mask = one_of(b.aims.FundModel, 35, 70, 81) & (b.aims.LearnStartDate >= FROM_AUGUST_2015)
    mask = mask & has_fam(b, "LDM", "034", "328")
    if not mask.any():
        return mask
    return lars.has_category(b, mask, SECURITY_LICENCE)


@rule(Aims, "LearnAimRef", "LearnStartDate")
def LearnAimRef_57(b: Batch) -> Mask:
    """Learners on other benefits are not funded for licences to practise."""
    mask = one_of(b.aims.FundModel, 35, 70, 81) & ~has_fam(b, "LDM", "347")
    mask = mask & between(b.aims.LearnStartDate, FROM_AUGUST_2015, UNTIL_JULY_2016)
    mask = mask & (_is_on(b, 3) | (_is_on(b, 4) & ~has_fam(b, "LDM", "318")))
    if not mask.any():
        return mask
    return lars.has_category(b, mask, LICENCE_TO_PRACTISE)


def _is_on(b: Batch, benefit: int) -> Mask:
    """Tell for each aim whether the first recorded status has the benefit, by the aim's start."""
    monitorings = b.employment_monitorings
    mask = monitorings.ESMType.is_exactly("BSI") & (monitorings.ESMCode == benefit)
    firsts = b.employments.first(monitorings.any(mask))
    applied = b.aims.of_learner(take(b.employments.DateEmpStatApp, firsts))
    has_benefit = employment.first_status_has_monitoring(b, "BSI", benefit)
    return b.aims.of_learner(has_benefit) & (applied <= b.aims.LearnStartDate)


@derived
def _adult_skills_from_2016(b: Batch) -> Mask:
    """Find new aims of adult skills since August 2016 that are not exempt."""
    mask = (b.aims.FundModel == 35) & (b.aims.LearnStartDate >= FROM_AUGUST_2016)
    mask = mask & ~has_fam(b, "RES") & ~is_apprenticeship(b)
    return mask & ~has_fam(b, "LDM", "034", "347")


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_78(b: Batch) -> Mask:
    """The level 3 aim of 2016-17 is not in the category of the level 3 entitlement."""
    mask = _adult_skills_from_2016(b) & (b.aims.LearnStartDate <= UNTIL_JULY_2017)
    if not mask.any():
        return mask
    mask = mask & ~_is_specialist_college(b, mask)
    mask = mask & lars.nvq_level_is_exactly(b, mask, "3")
    return mask & ~lars.has_category(b, mask, LEVEL_3_ENTITLEMENT)


def _is_specialist_college(b: Batch, where: Mask) -> Mask:
    return has_legal_type(b, b.aims, where, "USDC")


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_79(b: Batch) -> Mask:
    """Adult skills funding does not pay for level 4 aims, nor for aims LARS does not know."""
    mask = _adult_skills_from_2016(b) & ~has_fam(b, "DAM", "023")
    if not mask.any():
        return mask
    rows, aims = lars.aim_rows(b, mask)
    return mask & ((rows < 0) | aims.NotionalNVQLevelv2.take(rows).is_any("4"))


@rule(Aims, "PriorAttain", "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_80(b: Batch) -> Mask:
    """Learners with level 3 are not funded for level 3 aims of 2016-17."""
    a = b.aims
    mask = (a.FundModel == 35) & between(a.LearnStartDate, FROM_AUGUST_2016, UNTIL_JULY_2017)
    mask = mask & _has_level_3(b) & ~is_apprenticeship(b) & ~has_fam(b, "RES")
    if not mask.any():
        return mask
    mask = mask & lars.nvq_level_is_exactly(b, mask, "3")
    return mask & ~_is_specialist_college(b, mask)


def _has_level_3(b: Batch) -> Mask:
    return b.aims.of_learner(one_of(b.learners.PriorAttain, *LEVEL_3_AND_ABOVE))


@rule(
    Aims, ("ESMType", "BSI"), ("ESMCode", 3), "LearnAimRef", "LearnStartDate", "FundModel"
)  # fmt: skip
def LearnAimRef_81(b: Batch) -> Mask:
    """Learners on another state benefit are not funded for licences to practise."""
    mask = one_of(b.aims.FundModel, 35, 81, 70) & (b.aims.LearnStartDate >= FROM_AUGUST_2016)
    mask = mask & ~has_fam(b, "LDM", "347") & employment.has_monitoring_at_start(b, "BSI", 3)
    if not mask.any():
        return mask
    return lars.has_category(b, mask, LICENCE_TO_PRACTISE)


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_84(b: Batch) -> Mask:
    """The level 3 aim is not in the category of the level 3 entitlement."""
    a = b.aims
    mask = _adult_skills_from_2016(b) & (a.LearnStartDate >= FROM_AUGUST_2017)
    mask = mask & (a.ProgType != 24) & ~has_fam(b, "DAM", "023") & ~has_fam(b, "LDM", "376")
    if not mask.any():
        return mask
    mask = mask & lars.nvq_level_is(b, mask, "3")
    return mask & ~lars.has_category(b, mask, LEVEL_3_ENTITLEMENT)


@rule(Aims, "PriorAttain", "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_85(b: Batch) -> Mask:
    """Learners with level 3 are not funded for level 3 aims."""
    a = b.aims
    mask = (a.FundModel == 35) & (a.LearnStartDate >= FROM_AUGUST_2017) & _has_level_3(b)
    mask = mask & (a.ProgType != 24) & ~is_apprenticeship(b) & ~has_fam(b, "RES")
    mask = mask & ~has_fam(b, "DAM", "023") & ~has_fam(b, "LDM", "376")
    if not mask.any():
        return mask
    return lars.nvq_level_is(b, mask, "3")
