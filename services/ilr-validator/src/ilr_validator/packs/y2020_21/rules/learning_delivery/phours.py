"""PHours: planned hours of a programme."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null

FROM_AUGUST_2019 = day(2019, 8, 1)
FROM_AUGUST_2020 = day(2020, 8, 1)


def _is_t_level(b: Batch) -> Mask:
    a = b.aims
    mask: Mask = (a.AimType == 1) & (a.FundModel == 25) & (a.ProgType == 31)
    return mask


@rule(Aims, "FundModel", "PHours", "AimType")
def PHours_01(b: Batch) -> Mask:
    """An apprenticeship programme that started from August 2019 lacks its planned hours."""
    a = b.aims
    programmes = (a.FundModel == 36) & (a.AimType == 1) & (a.LearnStartDate >= FROM_AUGUST_2019)
    return a.first_of_learner(programmes & is_null(a.PHours))


@rule(Aims, "FundModel", "PHours", "AimType")
def PHours_03(b: Batch) -> Mask:
    """A T Level programme that started from August 2020 lacks its planned hours."""
    a = b.aims
    started = _is_t_level(b) & (a.LearnStartDate >= FROM_AUGUST_2020)
    return a.first_of_learner(started & is_null(a.PHours))


@rule(Aims, "AimType", "FundModel", "ProgType", "PHours")
def PHours_04(b: Batch) -> Mask:
    """The planned hours of a T Level programme are not above zero."""
    return b.aims.first_of_learner(_is_t_level(b) & (b.aims.PHours <= 0))
