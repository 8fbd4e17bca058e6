"""DateOfBirth: known where it is needed, and fit for the funding of the aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learner.date_of_birth import (
    is_missing,
    is_otherwise_sourced,
    is_under,
    learners_with_plan,
)

KEPT = carried(
    "2020-21",
    "DateOfBirth_04",
    "DateOfBirth_05",
    "DateOfBirth_06",
    "DateOfBirth_07",
    "DateOfBirth_12",
    "DateOfBirth_13",
    "DateOfBirth_14",
    "DateOfBirth_20",
    "DateOfBirth_23",
    "DateOfBirth_24",
    "DateOfBirth_26",
    "DateOfBirth_27",
    "DateOfBirth_34",
)


@rule(Aims, "DateOfBirth")
def DateOfBirth_01(b: Batch) -> Mask:
    """A funded aim needs the learner's date of birth."""
    funded = one_of(b.aims.FundModel, 25, 35, 36, 37, 38, 81, 82)
    return b.aims.first_of_learner(is_missing(b) & funded & ~has_fam(b, "LDM", "034"))


@rule(Aims, "DateOfBirth")
def DateOfBirth_02(b: Batch) -> Mask:
    """The date of birth should be known, also in community, tailored or non-funded learning."""
    aims = is_missing(b) & one_of(b.aims.FundModel, 10, 11, 99) & ~has_fam(b, "ADL")
    return b.aims.first_of_learner(aims)


@rule(Aims, "DateOfBirth")
def DateOfBirth_25(b: Batch) -> Mask:
    """The learner of an adult skills or skills bootcamp aim is under 19 on 31 August."""
    adult_skills = (b.aims.FundModel == 35) & ~is_apprenticeship(b)
    aims = (adult_skills | one_of(b.aims.FundModel, 37, 38)) & ~has_fam(b, "LDM", "034")
    return b.aims.first_of_learner(aims & is_under(b, 19, b.year.august_31))


@rule(Aims, "DateOfBirth", "FundModel")
def DateOfBirth_30(b: Batch) -> Mask:
    """The learner is 19 to 24 with an EHC plan, so the source of funding must be 16 to 19."""
    funded = one_of(b.aims.FundModel, 25, 35, 38, 81, 82) & ~is_apprenticeship(b)
    aims = funded & is_otherwise_sourced(b) & ~has_fam(b, "LDM", "034")
    return b.aims.first_of_learner(aims & learners_with_plan(b))
