"""LearnDelFAMDateTo: the date to which a funding and monitoring code applies."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of

KEPT = carried("2020-21", "LearnDelFAMDateTo_01", "LearnDelFAMDateTo_04", "LearnDelFAMDateTo_05")


@rule(FAMs, "LearnPlanEndDate", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_02(b: Batch) -> Mask:
    """The funding and monitoring code ends after the planned end of the aim."""
    late = b.fams.LearnDelFAMDateTo > b.fams.of_parent(b.aims.LearnPlanEndDate)
    achieved = b.fams.of_parent((b.aims.AimType == 1) & is_known(b.aims.AchDate))
    return late & ~(fams_of(b, "ACT") & achieved)


@rule(FAMs, "LearnActEndDate", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_03(b: Batch) -> Mask:
    """The funding and monitoring code ends after the actual end of the aim."""
    late = b.fams.LearnDelFAMDateTo > b.fams.of_parent(b.aims.LearnActEndDate)
    funded = b.fams.of_parent(one_of(b.aims.FundModel, 35, 36, 38, 81, 99))
    return late & funded & ~fams_of(b, "ACT")
