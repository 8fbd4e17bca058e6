"""Dates as day numbers, and the date arithmetic of the official engine, oddities included.

A date is the number of days since 1970-01-01 as a float, a time of day its fraction, null NaN. The
functions take columns or single numbers. Source: VS Rules/Query/DateTimeQueryService.cs and
AcademicYearQueryService.cs (spec/ilr.md section 5.2).
"""

import datetime as dt
import functools
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.values import Dates, Mask, Numbers, Rows

EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def day(year: int, month: int, day_of_month: int) -> float:
    """Give the day number of a date that stands in a rule."""
    return float(dt.date(year, month, day_of_month).toordinal() - EPOCH)


MIN_DATE: Final = day(1, 1, 1)
"""What a date is that the model does not allow to be null, when it is absent."""
MAX_DATE: Final = day(9999, 12, 31)


def parse(text: str) -> float:
    """Give the day number of an ISO 8601 date, or date and time.

    Raises ValueError where the text is neither.
    """
    moment = dt.datetime.fromisoformat(text)
    whole = moment.toordinal() - EPOCH
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return whole + seconds / 86_400


def to_date(number: float) -> dt.date:
    """Give the date of a day number, without its time of day."""
    return dt.date.fromordinal(int(np.floor(number)) + EPOCH)


def display(number: float) -> str:
    """Write a date as the official engine does in parameters: dd/MM/yyyy."""
    date = to_date(number)
    return f"{date.day:02}/{date.month:02}/{date.year:04}"


Whole: TypeAlias = npt.NDArray[np.int64]
FIRST_DAY: Final = int(day(1850, 1, 1))
LAST_DAY: Final = int(day(2200, 1, 1)) - 1
# Month of each day and first day of each month in these years: looking up is ten times quicker.
_MONTH_OF_DAY: Final[Whole] = (
    np.arange(FIRST_DAY, LAST_DAY + 1).astype("datetime64[D]").astype("datetime64[M]").astype(int)
)
FIRST_MONTH: Final = int(_MONTH_OF_DAY[0])
_DAY_OF_MONTH: Final[Whole] = (
    np.arange(FIRST_MONTH, int(_MONTH_OF_DAY[-1]) + 1)
    .astype("datetime64[M]")
    .astype("datetime64[D]")
    .astype(int)
)


def _month_of(days: Whole) -> Whole:
    """Give for each day the months since 1970."""
    if not len(days) or (days.min() >= FIRST_DAY and days.max() <= LAST_DAY):
        return _MONTH_OF_DAY[days - FIRST_DAY]
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_of(months: Whole) -> Whole:
    """Give the first day of each month."""
    places = months - FIRST_MONTH
    if not len(months) or (places.min() >= 0 and places.max() < len(_DAY_OF_MONTH)):
        return _DAY_OF_MONTH[places]
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _split(dates: Dates) -> tuple[Whole, Whole, Mask]:
    """Give whole days and months since 1970 (null as 0), and where null is."""
    null = np.isnan(dates)
    days = np.floor(np.where(null, 0.0, dates)).astype(np.int64)
    return days, _month_of(days), null


def year_of(dates: Dates) -> Numbers:
    """Give the calendar year of each date."""
    _, months, null = _split(dates)
    return np.where(null, np.nan, months // 12 + 1970)


def month_of(dates: Dates) -> Numbers:
    """Give the month of each date, 1 to 12."""
    _, months, null = _split(dates)
    return np.where(null, np.nan, months % 12 + 1)


def day_of_month(dates: Dates) -> Numbers:
    """Give the day of the month of each date, 1 to 31."""
    days, months, null = _split(dates)
    return np.where(null, np.nan, days - _first_of(months) + 1)


def make(years: Numbers, month: int, day_of_the_month: int) -> Dates:
    """Give the same day of each of these years: `make(year_of(starts), 8, 1)`."""
    null = np.isnan(years)
    months = (np.where(null, 1970, years).astype(np.int64) - 1970) * 12 + month - 1
    return np.where(null, np.nan, _first_of(months) + day_of_the_month - 1)


def add_months(dates: Dates, months_to_add: Numbers | int) -> Dates:
    """Add months; a day that the month lacks becomes its last one; saturates at both ends."""
    days, months, null = _split(dates)
    within = days - _first_of(months)
    added = np.where(np.isnan(months_to_add), 0, months_to_add)
    target = months + added.astype(np.int64)
    low, high = (1 - 1970) * 12, (10_000 - 1970) * 12 - 1
    held = np.clip(target, low, high)
    length = _first_of(held + 1) - _first_of(held)
    result = _first_of(held) + np.minimum(within, length - 1) + (dates - np.floor(dates))
    result = np.where(target < low, MIN_DATE, np.where(target > high, MAX_DATE, result))
    return np.where(null | np.isnan(months_to_add), np.nan, result)


def add_years(dates: Dates, years: Numbers | int) -> Dates:
    """Add years (`AddYearsToDate`): 29 February becomes 28 in a common year; saturates."""
    return add_months(dates, np.asarray(years) * 12)


@functools.cache
def years_after(date: float, years: int) -> float:
    """Add years to a single date, as `add_years` does."""
    return float(add_years(np.array([date]), years)[0])


_DAYS: Final = np.arange(FIRST_DAY, LAST_DAY + 1).astype(float)
_PACKED: Final = year_of(_DAYS) * 512 + month_of(_DAYS) * 32 + day_of_month(_DAYS)
"""Year, month and day of each day in one number, so that the order of the days is that of them."""
_END_OF_FEBRUARY: Final = 2 * 32 + 28
_BORN: Final = np.append(_PACKED, np.nan)
# Who was born on 29 February has a birthday on 28 February of a common year.
_NOW: Final = np.append(
    _PACKED + ((_PACKED % 512 == _END_OF_FEBRUARY) & (day_of_month(_DAYS + 1) == 1)), np.nan
)


def years_between(start: Dates, end: Dates) -> Numbers:
    """Give the whole years from start to end (`YearsBetween`): an age, when start is a birthday."""
    born, now = _places(start), _places(end)
    if born is None or now is None:
        start, end = np.broadcast_arrays(start, end)
        years = year_of(end) - year_of(start)
        return years - (end < add_years(start, years))
    result: Numbers = np.floor((_NOW[now] - _BORN[born]) / 512)
    return result


def _places(dates: Dates) -> Rows | None:
    """Give the place of each day in the tables; None where one is outside or has a time of day."""
    at = np.fmin(dates - FIRST_DAY, float(len(_DAYS)))  # null is at the end of the tables
    places: Rows = at.astype(np.intp)
    beyond = (places != at) | (places < 0) | (dates > LAST_DAY)
    return None if np.count_nonzero(beyond) else places


def months_between(start: Dates, end: Dates) -> Numbers:
    """Give the difference of the calendar months, days ignored, never negative."""
    start, end = np.broadcast_arrays(start, end)
    months: Numbers = np.abs(12 * (year_of(start) - year_of(end)) + month_of(start) - month_of(end))
    return months


def whole_months_between(start: Dates, end: Dates) -> Numbers:
    """Give `WholeMonthsBetween`: one more from twelve months less a day on, an official oddity."""
    start, end = np.broadcast_arrays(start, end)
    anniversary = add_months(start, 12)
    months: Numbers = months_between(start, end) + ((anniversary - 1 == end) | (anniversary < end))
    return months


def days_between(start: Dates, end: Dates) -> Numbers:
    """Give the signed number of days from start to end (`DaysBetween`)."""
    return end - start


def whole_days_between(start: Dates, end: Dates) -> Numbers:
    """Give the number of days with both ends counted, never negative (`WholeDaysBetween`)."""
    days: Numbers = np.abs(end - start) + 1
    return days


def last_friday_in_june(dates: Dates) -> Dates:
    """Give the last Friday in June of the year that begins on 1 September and holds each date."""
    years = year_of(dates) + (month_of(dates) > 8)  # noqa: PLR2004 - August
    first_of_july = make(years, 7, 1)
    day_of_week = (first_of_july + 4) % 7  # Sunday is 0; 1970-01-01 was a Thursday
    result: Dates = first_of_july - ((day_of_week + 1) % 7 + 1)
    return result


def is_in_previous_year(dates: Dates, year_start: float) -> Mask:
    """Tell for each date whether it is in the academic year before the one that starts then."""
    before = years_after(year_start, -1)
    result: Mask = (dates < year_start) & (dates >= before)
    return result
