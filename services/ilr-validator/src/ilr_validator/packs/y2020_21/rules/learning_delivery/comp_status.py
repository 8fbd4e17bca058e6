"""CompStatus: whether an aim continues, and how it ended."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of

FROM_AUGUST_2019 = day(2019, 8, 1)


@rule(Aims, "CompStatus")
def CompStatus_01(b: Batch) -> Mask:
    """The completion status is not on the list of codes."""
    return ~b.in_list("CompStatus", b.aims, None, b.aims.CompStatus)


@rule(Aims, "CompStatus", "LearnActEndDate")
def CompStatus_02(b: Batch) -> Mask:
    """The aim has an actual end date but is said to be continuing."""
    a = b.aims
    ended = is_known(a.LearnActEndDate) & (a.CompStatus == 1)
    return ended & (a.FundModel != 36) & (a.ProgType != 25)


@rule(Aims, "CompStatus")
def CompStatus_03(b: Batch) -> Mask:
    """The aim is said to have ended but has no actual end date."""
    return is_null(b.aims.LearnActEndDate) & (b.aims.CompStatus != 1)


@rule(Aims, "CompStatus")
def CompStatus_04(b: Batch) -> Mask:
    """The aim is said to have ended but has no outcome."""
    return is_null(b.aims.Outcome) & (b.aims.CompStatus != 1)


@rule(Aims, "CompStatus", "Outcome")
def CompStatus_05(b: Batch) -> Mask:
    """The aim has an outcome although it is continuing."""
    a = b.aims
    standards = (a.ProgType == 25) & (a.FundModel == 36)
    return is_known(a.Outcome) & (a.CompStatus == 1) & ~standards


@rule(Aims, "CompStatus", "Outcome")
def CompStatus_06(b: Batch) -> Mask:
    """The learner left or paused the aim, yet its outcome is achieved or still to come."""
    return one_of(b.aims.Outcome, 1, 8) & one_of(b.aims.CompStatus, 3, 6)


@rule(Aims, "FundModel", "ProgType", "CompStatus", "LearnStartDate", "AchDate")
def CompStatus_07(b: Batch) -> Mask:
    """A standard programme with an achievement date is not said to be completed."""
    a = b.aims
    return (
        (a.AimType == 1)
        & (a.FundModel == 36)
        & (a.ProgType == 25)
        & (a.CompStatus != 2)
        & (a.LearnActEndDate >= FROM_AUGUST_2019)
        & is_known(a.AchDate)
    )
