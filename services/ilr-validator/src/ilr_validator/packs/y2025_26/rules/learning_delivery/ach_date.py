"""AchDate: when an apprenticeship or a skills bootcamp was achieved."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_months, day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.pack import carried

JULY_31_2015 = day(2015, 7, 31)
FROM_AUGUST_2019 = day(2019, 8, 1)
FROM_AUGUST_2021 = day(2021, 8, 1)

KEPT = carried("2020-21", "AchDate_02", "AchDate_07")


def _is_bootcamp(b: Batch) -> Mask:
    mask: Mask = (b.aims.FundModel == 37) & (b.aims.ProgType == 32)
    return mask


def _is_standard_programme(b: Batch) -> Mask:
    a = b.aims
    mask: Mask = (a.AimType == 1) & (a.FundModel == 36) & (a.ProgType == 25)
    return mask


@rule(Aims, "LearnStartDate", "AchDate")
def AchDate_03(b: Batch) -> Mask:
    """The achievement date is before the start date."""
    return (b.aims.AchDate < b.aims.LearnStartDate) & ~_is_bootcamp(b)


@rule(Aims, "LearnActEndDate", "AchDate")
def AchDate_04(b: Batch) -> Mask:
    """There is an achievement date but no actual end date."""
    return is_known(b.aims.AchDate) & is_null(b.aims.LearnActEndDate) & ~_is_bootcamp(b)


@rule(Aims, "LearnActEndDate", "AchDate")
def AchDate_05(b: Batch) -> Mask:
    """The achievement date is before the actual end date."""
    return (b.aims.AchDate < b.aims.LearnActEndDate) & ~_is_bootcamp(b)


@rule(Aims)
def AchDate_08(b: Batch) -> Mask:
    """An achieved standard programme of funding model 81 has no achievement date."""
    a = b.aims
    programmes = (a.AimType == 1) & (a.FundModel == 81) & (a.ProgType == 25)
    return programmes & (a.Outcome == 1) & is_null(a.AchDate)


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "AchDate")
def AchDate_09(b: Batch) -> Mask:
    """An achievement date stands on an aim that is no standard programme and no bootcamp."""
    a = b.aims
    standards = (a.ProgType == 25) & ((a.FundModel == 81) | (a.FundModel == 36))
    excepted = ((a.AimType == 1) & standards) | _is_bootcamp(b)
    return is_known(a.AchDate) & (a.LearnStartDate > JULY_31_2015) & ~excepted


@rule(Aims, "AimType", "ProgType", "FundModel", "LearnActEndDate", "AchDate")
def AchDate_11(b: Batch) -> Mask:
    """A standard was achieved less than seven days after its training ended."""
    a = b.aims
    ended = (a.LearnActEndDate >= FROM_AUGUST_2019) & _is_standard_programme(b)
    return ended & (a.AchDate < a.LearnActEndDate + 7)


@rule(Aims, "AimType", "FundModel", "ProgType", "LearnActEndDate", "CompStatus", "AchDate")
def AchDate_12(b: Batch) -> Mask:
    """A completed standard has no achievement date."""
    a = b.aims
    ended = (a.LearnActEndDate >= FROM_AUGUST_2021) & _is_standard_programme(b)
    return ended & (a.CompStatus == 2) & is_null(a.AchDate)


@rule(Aims, "AimType", "AchDate", "ProgType", "LearnActEndDate")
def AchDate_13(b: Batch) -> Mask:
    """A skills bootcamp was achieved more than six months after it ended."""
    a = b.aims
    mask = (a.AimType == 1) & (a.ProgType == 32) & is_known(a.AchDate)
    if not mask.any():
        return mask
    return mask & (a.AchDate > add_months(a.LearnActEndDate, 6))
