"""LearnPlanEndDate: when learning is planned to end."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import years_between
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

DAYS_BELOW_TEN_YEARS = 3650


@rule(Aims, "LearnPlanEndDate", "LearnStartDate")
def LearnPlanEndDate_02(b: Batch) -> Mask:
    """The planned end date is before the start date."""
    return b.aims.LearnPlanEndDate < b.aims.LearnStartDate


@rule(Aims, "LearnPlanEndDate", "LearnStartDate")
def LearnPlanEndDate_03(b: Batch) -> Mask:
    """The aim is planned to last ten years or more."""
    starts, ends = b.aims.LearnStartDate, b.aims.LearnPlanEndDate
    long = ends - starts > DAYS_BELOW_TEN_YEARS
    return long & (years_between(starts, ends) >= 10) if long.any() else long
