"""DD06: when a learner's first aim started (`DerivedData_06Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates


@derived
def earliest_start(b: Batch) -> Dates:
    """Give for each learner the earliest start date of its aims; null without aims."""
    return b.aims.min(b.aims.LearnStartDate)
