"""Support paid for: learning support funding (LSF) and the loans bursary (ALB)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import overlapping_fams

KEPT = carried("2020-21", R_106="R106")


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def R_61(b: Batch) -> Mask:
    """Another learning support funding or loans bursary record of the aim applies as well."""
    return overlapping_fams(b, "LSF") | overlapping_fams(b, "ALB")
