"""FamilyName and GivenNames: who may go without."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask
from ilr_validator.packs.y2020_21.rules.learner.community_learning import (
    has_community_aims_alone,
    has_one_sort_alone,
)

NO_ULN = 9999999999
FEW_HOURS = 10


def _is_missing(name: Text, unless: Mask) -> Mask:
    return name.is_blank & ~unless


def _is_missing_in_longer_course(b: Batch, name: Text) -> Mask:
    return name.is_blank & (b.learners.PlanLearnHours > FEW_HOURS) & has_one_sort_alone(b)


def _is_missing_beside_number(b: Batch, name: Text) -> Mask:
    short = name.is_blank & (b.learners.PlanLearnHours <= FEW_HOURS)
    return short & (b.learners.ULN != NO_ULN) & has_community_aims_alone(b)


@rule(Learners, "FamilyName")
def FamilyName_01(b: Batch) -> Mask:
    """The family name is missing."""
    return _is_missing(b.learners.FamilyName, has_one_sort_alone(b))


@rule(Learners, "FamilyName", "PlanLearnHours")
def FamilyName_02(b: Batch) -> Mask:
    """The family name is missing in community learning of more than ten hours."""
    return _is_missing_in_longer_course(b, b.learners.FamilyName)


@rule(Learners, "FamilyName", "PlanLearnHours")
def FamilyName_04(b: Batch) -> Mask:
    """The family name is missing in community learning though there is a learner number."""
    return _is_missing_beside_number(b, b.learners.FamilyName)


@rule(Learners, "GivenNames")
def GivenNames_01(b: Batch) -> Mask:
    """The given names are missing."""
    return _is_missing(b.learners.GivenNames, has_one_sort_alone(b))


@rule(Learners, "GivenNames", "PlanLearnHours")
def GivenNames_02(b: Batch) -> Mask:
    """The given names are missing in community learning of more than ten hours."""
    return _is_missing_in_longer_course(b, b.learners.GivenNames)


@rule(Learners, "GivenNames", "PlanLearnHours")
def GivenNames_04(b: Batch) -> Mask:
    """The given names are missing in community learning though there is a learner number."""
    return _is_missing_beside_number(b, b.learners.GivenNames)
