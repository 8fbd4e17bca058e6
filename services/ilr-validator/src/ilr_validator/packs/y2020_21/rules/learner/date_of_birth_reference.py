"""DateOfBirth: who is too old or too young for a level of learning or for a contract."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd23 import age_at_esf_start
from ilr_validator.packs.queries import contracts, lars
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.provider import has_legal_type

FROM_2015 = day(2015, 8, 1)
FROM_2016 = day(2016, 8, 1)
FROM_2017 = day(2017, 8, 1)
LEVEL_3_AND_ABOVE = ("3", "4", "5", "6", "7", "8", "H")
A_LEVELS = ("0002", "1413", "1430", "1431", "1453")
TRADE_UNIONS = 19
DESIGNATED_COLLEGE = "USDC"


def adult_skills_from_24(b: Batch, start: float, end: float) -> Mask:
    """Tell for each adult skills aim that starts in the period whether its learner is 24 or over.

    Apprenticeships, restarts, and learners in custody, after steel redundancies and of Solent city
    deals are left out.
    """
    starts = b.aims.LearnStartDate
    aims = (b.aims.FundModel == 35) & (starts >= start) & (starts < end)
    if not aims.any():
        return aims
    aims = aims & (age_at_start(b) >= 24) & ~is_apprenticeship(b) & ~has_fam(b, "RES")
    return aims & ~has_fam(b, "LDM", "034", "347", "339")


def outside_designated_colleges(b: Batch, where: Mask) -> Mask:
    """Keep of the aims those whose provider is no specialist designated college."""
    return where & ~has_legal_type(b, b.aims, where, DESIGNATED_COLLEGE)


@rule(Aims, "DateOfBirth", "FundModel")
def DateOfBirth_32(b: Batch) -> Mask:
    """An aim of level 3 or above from 2015/16 is not adult skills for a learner of 24 or over."""
    aims = adult_skills_from_24(b, FROM_2015, FROM_2016)
    aims = aims & lars.nvq_level_is(b, aims, *LEVEL_3_AND_ABOVE)
    aims = aims & ~lars.has_category(b, aims, TRADE_UNIONS)
    return outside_designated_colleges(b, aims)


@rule(Aims, ("FundModel", 70), "DateOfBirth")
def DateOfBirth_43(b: Batch) -> Mask:
    """The learner was under 15 at the start of the European Social Fund contract."""
    funded = b.aims.FundModel == 70
    if not funded.any():
        return funded
    return b.aims.first_of_learner(funded) & (age_at_esf_start(b) < 15)


@rule(Aims, "DateOfBirth")
def DateOfBirth_44(b: Batch) -> Mask:
    """The learner's age is outside what the European Social Fund contract admits."""
    funded = b.aims.FundModel == 70
    if not funded.any():
        return funded
    ages = age_at_esf_start(b)
    funded = funded & is_known(ages)
    rows, terms = contracts.eligibility(b, funded)
    outside = (ages < take(terms.MinAge, rows)) | (ages > take(terms.MaxAge, rows))
    return funded & outside


@rule(Aims, "DateOfBirth", "LearnStartDate", "FundModel")
def DateOfBirth_49(b: Batch) -> Mask:
    """An aim of level 3 or above from 2016/17 is not adult skills for a learner of 24 or over."""
    aims = adult_skills_from_24(b, FROM_2016, FROM_2017)
    return outside_designated_colleges(b, aims & lars.nvq_level_is(b, aims, *LEVEL_3_AND_ABOVE))


@rule(Aims, "UKPRN", "DateOfBirth", "LearnStartDate", "FundModel")
def DateOfBirth_55(b: Batch) -> Mask:
    """An aim of level 3 or above since 2017/18 is not adult skills for a learner of 24 or over."""
    aims = adult_skills_from_24(b, FROM_2017, float("inf")) & ~has_fam(b, "DAM", "023")
    aims = aims & lars.nvq_level_is(b, aims, *LEVEL_3_AND_ABOVE)
    return aims & ~lars.aim_type_is(b, aims, *A_LEVELS)
