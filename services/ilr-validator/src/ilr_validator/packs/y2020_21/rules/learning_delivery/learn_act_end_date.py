"""LearnActEndDate: when learning ended."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known


@rule(Aims, "LearnActEndDate", "LearnStartDate")
def LearnActEndDate_01(b: Batch) -> Mask:
    """The actual end date is before the start date."""
    return b.aims.LearnStartDate > b.aims.LearnActEndDate


@rule(Aims, "LearnActEndDate")
def LearnActEndDate_04(b: Batch) -> Mask:
    """The actual end date is after the file was prepared."""
    ended = is_known(b.aims.LearnActEndDate)
    return b.aims.LearnActEndDate > b.preparation_date if ended.any() else ended
