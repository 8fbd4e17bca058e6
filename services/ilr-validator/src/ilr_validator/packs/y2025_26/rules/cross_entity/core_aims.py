"""Core aims of 16 to 19 year olds: one, and one at a time."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by, is_of_type
from ilr_validator.packs.queries.fams import has_fam

KEPT = carried("2020-21", R_58="R58")

CORE = 5
FUNDED_16_TO_19 = 25


@rule(Learners, ("FundModel", FUNDED_16_TO_19), ("AimType", CORE))
def R_63(b: Batch) -> Mask:
    """The learner is funded as 16 to 19 year old and has no core aim."""
    funded = is_funded_by(b, FUNDED_16_TO_19)
    core = b.aims.any(funded & is_of_type(b, CORE))
    return b.aims.any(funded & ~has_fam(b, "SOF", "105")) & ~core
