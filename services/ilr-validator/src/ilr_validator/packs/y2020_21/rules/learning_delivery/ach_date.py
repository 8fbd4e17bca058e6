"""AchDate: when an apprenticeship or traineeship was achieved."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_months, day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null

JULY_31_2015 = day(2015, 7, 31)


@rule(Aims, "AchDate")
def AchDate_02(b: Batch) -> Mask:
    """The achievement date is after the end of this teaching year."""
    return b.aims.AchDate > b.year.end


@rule(Aims, "LearnStartDate", "AchDate")
def AchDate_03(b: Batch) -> Mask:
    """The achievement date is before the start date."""
    return b.aims.AchDate < b.aims.LearnStartDate


@rule(Aims, "LearnActEndDate", "AchDate")
def AchDate_04(b: Batch) -> Mask:
    """There is an achievement date but no actual end date."""
    return is_known(b.aims.AchDate) & is_null(b.aims.LearnActEndDate)


@rule(Aims, "LearnActEndDate", "AchDate")
def AchDate_05(b: Batch) -> Mask:
    """The achievement date is before the actual end date."""
    return b.aims.AchDate < b.aims.LearnActEndDate


@rule(Aims, "AchDate")
def AchDate_07(b: Batch) -> Mask:
    """The achievement date is after the file was prepared."""
    achieved = is_known(b.aims.AchDate)
    return b.aims.AchDate > b.preparation_date if achieved.any() else achieved


@rule(Aims)
def AchDate_08(b: Batch) -> Mask:
    """An achieved traineeship or FM81 standard programme has no achievement date."""
    a = b.aims
    programmes = (a.ProgType == 24) | ((a.ProgType == 25) & (a.FundModel == 81))
    return programmes & (a.AimType == 1) & (a.Outcome == 1) & is_null(a.AchDate)


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "AchDate")
def AchDate_09(b: Batch) -> Mask:
    """An achievement date stands on an aim that is no traineeship or standard programme aim."""
    a = b.aims
    standards = (a.ProgType == 25) & ((a.FundModel == 81) | (a.FundModel == 36))
    programmes = (a.AimType == 1) & ((a.ProgType == 24) | standards)
    return is_known(a.AchDate) & (a.LearnStartDate > JULY_31_2015) & ~programmes


@rule(Aims, "AimType", "ProgType", "LearnActEndDate", "AchDate")
def AchDate_10(b: Batch) -> Mask:
    """A traineeship was achieved more than six months after it ended."""
    a = b.aims
    mask = (a.AimType == 1) & (a.ProgType == 24) & is_known(a.AchDate)
    if not mask.any():
        return mask
    return mask & (a.AchDate > add_months(a.LearnActEndDate, 6))


@rule(Aims, "AimType", "ProgType", "FundModel", "LearnActEndDate", "AchDate")
def AchDate_11(b: Batch) -> Mask:
    """A standard that ended this year was achieved within seven days of its end."""
    a = b.aims
    return (
        (a.AimType == 1)
        & (a.FundModel == 36)
        & (a.ProgType == 25)
        & (a.LearnActEndDate >= b.year.start)
        & (a.AchDate < a.LearnActEndDate + 7)
    )
