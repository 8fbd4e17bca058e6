"""FamilyName and GivenNames: who may go without."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.y2020_21.rules.learner.community_learning import (
    has_community_aims_alone,
    has_one_sort_alone,
)

NO_ULN = 9999999999
FEW_HOURS = 10


@derived
def lacks(b: Batch, name: str) -> Mask:
    """Tell for each learner whether this name is not given, or is nothing but space."""
    column = getattr(b.learners, name)
    return column.is_blank


def lacks_in_longer_course(b: Batch, name: str) -> Mask:
    """Tell the same of learners who plan more than a few hours."""
    return lacks(b, name) & (b.learners.PlanLearnHours > FEW_HOURS)


def _is_missing_beside_number(b: Batch, name: str) -> Mask:
    short = lacks(b, name) & (b.learners.PlanLearnHours <= FEW_HOURS)
    return short & (b.learners.ULN != NO_ULN) & has_community_aims_alone(b)


@rule(Learners, "FamilyName")
def FamilyName_01(b: Batch) -> Mask:
    """The family name is missing."""
    return lacks(b, "FamilyName") & ~has_one_sort_alone(b)


@rule(Learners, "FamilyName", "PlanLearnHours")
def FamilyName_02(b: Batch) -> Mask:
    """The family name is missing in community learning of more than ten hours."""
    return lacks_in_longer_course(b, "FamilyName") & has_one_sort_alone(b)


@rule(Learners, "FamilyName", "PlanLearnHours")
def FamilyName_04(b: Batch) -> Mask:
    """The family name is missing in community learning though there is a learner number."""
    return _is_missing_beside_number(b, "FamilyName")


@rule(Learners, "GivenNames")
def GivenNames_01(b: Batch) -> Mask:
    """The given names are missing."""
    return lacks(b, "GivenNames") & ~has_one_sort_alone(b)


@rule(Learners, "GivenNames", "PlanLearnHours")
def GivenNames_02(b: Batch) -> Mask:
    """The given names are missing in community learning of more than ten hours."""
    return lacks_in_longer_course(b, "GivenNames") & has_one_sort_alone(b)


@rule(Learners, "GivenNames", "PlanLearnHours")
def GivenNames_04(b: Batch) -> Mask:
    """The given names are missing in community learning though there is a learner number."""
    return _is_missing_beside_number(b, "GivenNames")
