"""AddLine1, Postcode and PostcodePrior."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.y2020_21.rules.learner.address import FEW_HOURS
from ilr_validator.packs.y2020_21.rules.learner.community_learning import has_community_aims_alone

KEPT = carried("2020-21", "Postcode_14", "Postcode_15", "PostcodePrior_01", "PostcodePrior_02")


@rule(Learners, "AddLine1")
def AddLine1_03(b: Batch) -> Mask:
    """The first line of the address is missing."""
    short = has_community_aims_alone(b) & (b.learners.PlanLearnHours <= FEW_HOURS)
    return b.learners.AddLine1.is_blank & ~short
