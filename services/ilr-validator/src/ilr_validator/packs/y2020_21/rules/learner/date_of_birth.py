"""DateOfBirth: known where it is needed, and fit for the funding of the aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, is_null, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.ages import age_at_start, age_on
from ilr_validator.packs.queries.fams import has_fam, has_learner_fam

NO_ULN = 9999999999


def is_missing(b: Batch) -> Mask:
    """Tell for each aim whether its learner's date of birth is not known."""
    return b.aims.of_learner(is_null(b.learners.DateOfBirth))


def is_under(b: Batch, age: int, day: float) -> Mask:
    """Tell for each aim whether its learner is younger than that on a day."""
    return b.aims.of_learner(age_on(b, day) < age)


def is_otherwise_sourced(b: Batch) -> Mask:
    """Tell for each aim whether it has a source of funding, and none that is for 16 to 19."""
    return has_fam(b, "SOF") & ~has_fam(b, "SOF", "107")


@rule(Aims, "DateOfBirth")
def DateOfBirth_01(b: Batch) -> Mask:
    """A funded aim needs the learner's date of birth."""
    funded = one_of(b.aims.FundModel, 25, 35, 36, 70, 81, 82)
    return b.aims.first_of_learner(is_missing(b) & funded & ~has_fam(b, "LDM", "034"))


@rule(Aims, "DateOfBirth")
def DateOfBirth_02(b: Batch) -> Mask:
    """The date of birth should be known, also where an aim is not funded or community learning."""
    aims = is_missing(b) & one_of(b.aims.FundModel, 10, 99) & ~has_fam(b, "ADL")
    return b.aims.first_of_learner(aims)


@rule(Learners, "DateOfBirth")
def DateOfBirth_04(b: Batch) -> Mask:
    """The learner is 115 or older at the start of the year."""
    return age_on(b, b.year.start) >= 115


@rule(Aims, "DateOfBirth", "LearnStartDate")
def DateOfBirth_05(b: Batch) -> Mask:
    """The learner of a community learning or non-funded aim is under 4 at its start."""
    return b.aims.first_of_learner(one_of(b.aims.FundModel, 10, 99) & (age_at_start(b) < 4))


@rule(Aims, "DateOfBirth")
def DateOfBirth_06(b: Batch) -> Mask:
    """The learner of a 16 to 19 funded aim is under 13 on 31 August."""
    young = is_under(b, 13, b.year.august_31)
    return b.aims.first_of_learner(one_of(b.aims.FundModel, 25, 82) & young)


@rule(Aims, "DateOfBirth", reports_aim=False)
def DateOfBirth_07(b: Batch) -> Mask:
    """The learner is 25 or older on 31 August, too old for 16 to 19 funding."""
    old = b.aims.of_learner(age_on(b, b.year.august_31) >= 25)
    aims = old & one_of(b.aims.FundModel, 25, 82) & has_fam(b, "SOF", "107")
    return b.aims.first_of_learner(aims)


@rule(Aims, "DateOfBirth", "FundModel")
def DateOfBirth_12(b: Batch) -> Mask:
    """The learner is under 19 and the community learning is for adults (ASL 1 or 2)."""
    community = (b.aims.FundModel == 10) & (age_at_start(b) < 19)
    return b.aims.first_of_learner(community & has_fam(b, "ASL", "1", "2"))


@rule(Aims, "DateOfBirth", reports_aim=False)
def DateOfBirth_13(b: Batch) -> Mask:
    """The learner of an aim funded by the Office for Students is under 16 on 31 July."""
    young = is_under(b, 16, b.year.july_31)
    return b.aims.first_of_learner(young & (b.aims.FundModel == 99) & has_fam(b, "SOF", "1"))


@rule(Aims, "DateOfBirth")
def DateOfBirth_14(b: Batch) -> Mask:
    """The learner in custody (LDM 034) is under 18 at the start of the aim."""
    adult_funded = one_of(b.aims.FundModel, 35, 81) & has_fam(b, "LDM", "034")
    return b.aims.first_of_learner(adult_funded & (age_at_start(b) < 18))


@rule(Aims, "DateOfBirth")
def DateOfBirth_20(b: Batch) -> Mask:
    """The learner is under 19 on 31 August, so a 16 to 19 aim must have that source of funding."""
    aims = one_of(b.aims.FundModel, 25, 82) & (b.aims.ProgType != 24) & is_otherwise_sourced(b)
    return b.aims.first_of_learner(aims & is_under(b, 19, b.year.august_31))


@rule(Aims, "DateOfBirth", reports_aim=False)
def DateOfBirth_23(b: Batch) -> Mask:
    """An aim paid by an advanced learner loan needs the date of birth."""
    loans = (b.aims.FundModel == 99) & has_fam(b, "ADL") & ~has_fam(b, "LDM", "034")
    return b.aims.first_of_learner(is_missing(b) & loans)


@rule(Learners)
def DateOfBirth_24(b: Batch) -> Mask:
    """A learner with a unique learner number needs a date of birth."""
    return is_null(b.learners.DateOfBirth) & (b.learners.ULN != NO_ULN)


@rule(Aims, "DateOfBirth")
def DateOfBirth_25(b: Batch) -> Mask:
    """The learner of an adult skills aim is under 19 on 31 August."""
    aims = (b.aims.FundModel == 35) & ~is_apprenticeship(b) & ~has_fam(b, "LDM", "034", "376")
    return b.aims.first_of_learner(aims & is_under(b, 19, b.year.august_31))


@rule(Aims, "DateOfBirth")
def DateOfBirth_26(b: Batch) -> Mask:
    """The learner with an advanced learner loan is under 19 at the start of the aim."""
    loans = (b.aims.FundModel == 99) & has_fam(b, "ADL")
    return b.aims.first_of_learner(loans & (age_at_start(b) < 19))


@rule(Learners, "DateOfBirth")
def DateOfBirth_27(b: Batch) -> Mask:
    """The date of birth is in this academic year or later."""
    return b.learners.DateOfBirth >= b.year.start


def learners_with_plan(b: Batch) -> Mask:
    """Tell for each aim whether its learner is 19 to 24 on 31 August and has an EHC plan."""
    ages = between(age_on(b, b.year.august_31), 19, 24)
    return b.aims.of_learner(ages & has_learner_fam(b, "EHC"))


@rule(Aims, "DateOfBirth", "FundModel")
def DateOfBirth_30(b: Batch) -> Mask:
    """The learner is 19 to 24 with an EHC plan, so the source of funding must be 16 to 19."""
    funded = one_of(b.aims.FundModel, 25, 35, 81, 82) & ~is_apprenticeship(b)
    aims = funded & is_otherwise_sourced(b) & ~has_fam(b, "LDM", "034")
    return b.aims.first_of_learner(aims & learners_with_plan(b))


@rule(Aims, ("LearnFAMCode", "HNS"), "DateOfBirth", ("FundModel", 25))
def DateOfBirth_34(b: Batch) -> Mask:
    """A 16 to 19 funded learner of 19 to 24 with high needs (HNS) must have an EHC plan."""
    ages = between(age_on(b, b.year.august_31), 19, 24)
    learners = ages & has_learner_fam(b, "HNS") & ~has_learner_fam(b, "EHC")
    return b.aims.of_learner(learners) & (b.aims.FundModel == 25)


@rule(Aims, "DateOfBirth")
def DateOfBirth_41(b: Batch) -> Mask:
    """The learner of an aim of other adult funding is under 19 on 31 August."""
    adult = (b.aims.FundModel == 81) & ~is_apprenticeship(b)
    aims = adult & ~has_fam(b, "LDM", "034", "353", "354", "355")
    return b.aims.first_of_learner(aims & is_under(b, 19, b.year.august_31))
