"""How old learners are."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import years_between
from ilr_validator.engine.values import Numbers


@derived
def age_at_start(b: Batch) -> Numbers:
    """Give for each aim the learner's age at its start; null without a date of birth."""
    return years_between(b.aims.of_learner(b.learners.DateOfBirth), b.aims.LearnStartDate)


@derived
def age_on(b: Batch, day: float) -> Numbers:
    """Give for each learner the age on a day; null without a date of birth."""
    return years_between(b.learners.DateOfBirth, np.array([day]))
