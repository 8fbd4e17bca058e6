"""LearnActEndDate."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(Aims, "LearnStartDate", "LearnActEndDate")
def LearnActEndDate_01(b: Batch) -> Mask:
    """The actual end date is before the start date."""
    return b.aims.LearnActEndDate < b.aims.LearnStartDate


@rule(Aims, "LearnActEndDate", "FilePreparationDate")
def LearnActEndDate_04(b: Batch) -> Mask:
    """The actual end date is after the file was prepared."""
    return b.aims.LearnActEndDate > b.preparation_date
