"""DD23: the learner's age when the European Social Fund contract began (`DerivedData_23Rule`)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import years_between
from ilr_validator.engine.values import Numbers
from ilr_validator.packs.derived.esf_contracts import latest_completed_start


@derived
def age_at_esf_start(b: Batch) -> Numbers:
    """Give for each aim the age in years at the start of its contract, or null."""
    begun = latest_completed_start(b)
    result = np.full(b.aims.size, np.nan)
    rows = np.flatnonzero(begun >= 0)
    births = b.learners.DateOfBirth[b.aims.learner[rows]]
    result[rows] = years_between(births, b.aims.LearnStartDate[begun[rows]])
    return result
