"""LearnDelFAMDateFrom: the date from which a funding and monitoring code applies."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of

KEPT = carried("2020-21", "LearnDelFAMDateFrom_01", "LearnDelFAMDateFrom_04")
FIRST_EVENT = day(2025, 8, 1)


@rule(FAMs, "LearnStartDate", "FundModel", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_02(b: Batch) -> Mask:
    """The funding and monitoring code applies from a date before the aim starts."""
    early = b.fams.LearnDelFAMDateFrom < b.fams.of_parent(b.aims.LearnStartDate)
    return early & b.fams.of_parent(one_of(b.aims.FundModel, 35, 36, 38, 81, 99))


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_03(b: Batch) -> Mask:
    """A start date is given for a code that has none; only LSF, ACT, ALB and EVI have one."""
    dated = is_known(b.fams.LearnDelFAMDateFrom)
    return dated & ~b.fams.LearnDelFAMType.is_exactly("LSF", "ACT", "ALB", "EVI")


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_05(b: Batch) -> Mask:
    """The event indicator (EVI) has no start date."""
    return fams_of(b, "EVI") & is_null(b.fams.LearnDelFAMDateFrom)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom")
def LearnDelFAMDateFrom_06(b: Batch) -> Mask:
    """The event indicator (EVI) applies from a date before August 2025."""
    return fams_of(b, "EVI") & (b.fams.LearnDelFAMDateFrom < FIRST_EVENT)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMDateFrom", "LearnStartDate", "LearnActEndDate")
def LearnDelFAMDateFrom_07(b: Batch) -> Mask:
    """The event indicator (EVI) applies from a date before the programme, or after its end."""
    fams, date = b.fams, b.fams.LearnDelFAMDateFrom
    early = date < fams.of_parent(b.aims.LearnStartDate)
    late = date > fams.of_parent(b.aims.LearnActEndDate)
    return fams_of(b, "EVI") & (early | late) & fams.of_parent(b.aims.AimType == 1)
