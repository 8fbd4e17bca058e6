"""LearnDelFAMDateTo: the date to which a funding and monitoring code applies."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.queries.fams import fams_of


@rule(FAMs, "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_01(b: Batch) -> Mask:
    """The funding and monitoring code ends before it starts."""
    return b.fams.LearnDelFAMDateTo < b.fams.LearnDelFAMDateFrom


@rule(FAMs, "LearnPlanEndDate", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_02(b: Batch) -> Mask:
    """The funding and monitoring code ends after the planned end of the aim."""
    return b.fams.LearnDelFAMDateTo > b.fams.of_parent(b.aims.LearnPlanEndDate)


@rule(FAMs, "LearnActEndDate", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_03(b: Batch) -> Mask:
    """The funding and monitoring code ends after the actual end of the aim."""
    late = b.fams.LearnDelFAMDateTo > b.fams.of_parent(b.aims.LearnActEndDate)
    funded = b.fams.of_parent(one_of(b.aims.FundModel, 35, 36, 81, 99))
    return late & funded & ~fams_of(b, "ACT")


@rule(FAMs, "LearnDelFAMDateTo")
def LearnDelFAMDateTo_04(b: Batch) -> Mask:
    """An end date is given for a code that has none; only LSF, ACT and ALB have dates."""
    dated = is_known(b.fams.LearnDelFAMDateTo)
    return dated & ~b.fams.LearnDelFAMType.is_exactly("LSF", "ACT", "ALB")


@rule(FAMs, "AchDate", "LearnDelFAMDateTo")
def LearnDelFAMDateTo_05(b: Batch) -> Mask:
    """The apprenticeship contract type ends after the achievement date."""
    late = b.fams.LearnDelFAMDateTo > b.fams.of_parent(b.aims.AchDate)
    return late & fams_of(b, "ACT") & b.fams.of_parent(b.aims.FundModel == 36)
