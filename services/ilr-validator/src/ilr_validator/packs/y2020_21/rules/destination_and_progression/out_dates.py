"""OutCollDate, OutStartDate and OutEndDate: the dates of an outcome."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_years
from ilr_validator.engine.record import Outcomes
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask


def _years_from(date: float, years: int) -> Dates:
    return add_years(np.array([date]), years)


@rule(Outcomes, "OutCollDate")
def OutCollDate_01(b: Batch) -> Mask:
    """The outcome was collected after the file was prepared."""
    outcomes = b.outcomes
    return outcomes.first_of_parent(outcomes.OutCollDate > b.preparation_date)


@rule(Outcomes, "OutCollDate")
def OutCollDate_02(b: Batch) -> Mask:
    """The outcome was collected more than ten years before the academic year."""
    return b.outcomes.OutCollDate < _years_from(b.year.start, -10)


@rule(Outcomes, "OutStartDate", "OutEndDate")
def OutEndDate_01(b: Batch) -> Mask:
    """The outcome ends before it starts."""
    return b.outcomes.OutStartDate > b.outcomes.OutEndDate


@rule(Outcomes, "OutStartDate")
def OutStartDate_01(b: Batch) -> Mask:
    """The outcome starts more than ten years before the academic year."""
    return b.outcomes.OutStartDate < _years_from(b.year.start, -10)


@rule(Outcomes, "OutStartDate")
def OutStartDate_02(b: Batch) -> Mask:
    """The outcome starts more than a year after the academic year."""
    return b.outcomes.OutStartDate > _years_from(b.year.end, 1)
