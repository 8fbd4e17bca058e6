"""Days of the academic year in which a date lies (`GetAcademicYearOfLearningDate`)."""

import enum

import numpy as np

from ilr_validator.engine import dates as engine_dates
from ilr_validator.engine.values import Dates


class YearDate(enum.Enum):
    """A day of the year as the official engine finds it (`AcademicYearDates`).

    Month and day; the last month that counts to the year before; whether the day is looked for in
    the calendar year in which the year starts (-1), or in which it ends (0).
    """

    COMMENCEMENT = (8, 1, 8, -1)
    PREVIOUS_YEAR_END = (7, 31, 8, -1)
    AUGUST_31 = (8, 31, 7, -1)
    CURRENT_YEAR_END = (7, 31, 7, 0)
    NEXT_YEAR_COMMENCEMENT = (8, 1, 7, 0)
    TRAINEESHIPS_AUGUST_1 = (8, 1, 8, 0)


def year_date(dates: Dates, wanted: YearDate) -> Dates:
    """Give for each date this day of its year.

    Oddities are kept: for the commencement, the end of the year before, and traineeships, a date
    in August still counts to the year before.
    """
    month, day, last_month, shift = wanted.value
    years = engine_dates.year_of(dates) + (engine_dates.month_of(dates) > last_month)
    return engine_dates.make(np.maximum(years + shift, 1), month, day)
