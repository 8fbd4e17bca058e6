"""Plain questions on an aim, asked by many rules (among them `LearningDeliveryQueryService`)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import is_in_previous_year
from ilr_validator.engine.values import Mask, Numbers, is_among


@derived
def is_funded_by(b: Batch, *fund_models: float) -> Mask:
    """Tell for each aim whether its funding model is one of these."""
    return is_among(b.aims.FundModel, fund_models)


@derived
def is_of_programme(b: Batch, *prog_types: float) -> Mask:
    """Tell for each aim whether its programme type is one of these."""
    return is_among(b.aims.ProgType, prog_types)


@derived
def is_of_type(b: Batch, *aim_types: float) -> Mask:
    """Tell for each aim whether its aim type is one of these."""
    return is_among(b.aims.AimType, aim_types)


@derived
def ended_in_previous_year(b: Batch) -> Mask:
    """Tell for each aim whether it ended in the year before (`DateIsInPrevAcademicYear`)."""
    return is_in_previous_year(b.aims.LearnActEndDate, b.year.start)


@derived
def learning_days(b: Batch) -> Numbers:
    """Give for each aim the planned number of days, both ends counted.

    `LearningDaysForLearningDelivery`; not positive where the dates are the wrong way round.
    """
    days: Numbers = np.trunc(b.aims.LearnPlanEndDate - b.aims.LearnStartDate) + 1
    return days


@derived
def average_additional_hours(b: Batch) -> Numbers:
    """Give for each aim the additional hours a day (`AverageAddHoursPerLearningDay`), or null.

    Division by no days gives infinity, as in the official engine (and null for 0 by 0).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        average: Numbers = b.aims.AddHours / learning_days(b)
    return average
