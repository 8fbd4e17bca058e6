"""FamilyName and GivenNames: who may go without."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.y2020_21.rules.learner.community_learning import has_community_aims_alone
from ilr_validator.packs.y2020_21.rules.learner.names import lacks, lacks_in_longer_course

KEPT = carried("2020-21", "FamilyName_04", "GivenNames_04")


@rule(Learners, "FamilyName")
def FamilyName_01(b: Batch) -> Mask:
    """The family name is missing."""
    return lacks(b, "FamilyName") & ~has_community_aims_alone(b)


@rule(Learners, "FamilyName", "PlanLearnHours")
def FamilyName_02(b: Batch) -> Mask:
    """The family name is missing in community learning of more than ten hours."""
    return lacks_in_longer_course(b, "FamilyName") & has_community_aims_alone(b)


@rule(Learners, "GivenNames")
def GivenNames_01(b: Batch) -> Mask:
    """The given names are missing."""
    return lacks(b, "GivenNames") & ~has_community_aims_alone(b)


@rule(Learners, "GivenNames", "PlanLearnHours")
def GivenNames_02(b: Batch) -> Mask:
    """The given names are missing in community learning of more than ten hours."""
    return lacks_in_longer_course(b, "GivenNames") & has_community_aims_alone(b)
