"""DD23: the learner's age when the European Social Fund contract began (`DerivedData_23Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import years_between
from ilr_validator.engine.values import Numbers, take
from ilr_validator.packs.derived.esf_contracts import latest_completed_start


@derived
def age_at_esf_start(b: Batch) -> Numbers:
    """Give for each aim the age in years at the start of its contract, or null."""
    starts = take(b.aims.LearnStartDate, latest_completed_start(b))
    return years_between(b.aims.of_learner(b.learners.DateOfBirth), starts)
