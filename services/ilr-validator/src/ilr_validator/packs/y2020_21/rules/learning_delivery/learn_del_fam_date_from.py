"""LearnDelFAMDateFrom: the date from which a funding and monitoring code applies."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def LearnDelFAMDateFrom_01(b: Batch) -> Mask:
    """Learning support (LSF) and loans bursary (ALB) need both a start and an end date."""
    has_both = is_known(b.fams.LearnDelFAMDateFrom) & is_known(b.fams.LearnDelFAMDateTo)
    return b.fams.LearnDelFAMType.is_exactly("LSF", "ALB") & ~has_both


@rule(FAMs, "LearnStartDate", "FundModel", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_02(b: Batch) -> Mask:
    """The funding and monitoring code applies from a date before the aim starts."""
    early = b.fams.LearnDelFAMDateFrom < b.fams.of_parent(b.aims.LearnStartDate)
    return early & b.fams.of_parent(one_of(b.aims.FundModel, 35, 36, 81, 99))


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_03(b: Batch) -> Mask:
    """A start date is given for a code that has none; only LSF, ACT and ALB have dates."""
    dated = is_known(b.fams.LearnDelFAMDateFrom)
    return dated & ~b.fams.LearnDelFAMType.is_exactly("LSF", "ACT", "ALB")


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_04(b: Batch) -> Mask:
    """The apprenticeship contract type (ACT) has no start date."""
    return b.fams.LearnDelFAMType.is_exactly("ACT") & is_null(b.fams.LearnDelFAMDateFrom)
