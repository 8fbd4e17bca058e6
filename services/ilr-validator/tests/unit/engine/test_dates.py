"""Date arithmetic against Python's own calendar, and the oddities of the official engine."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilr_validator.engine import dates
from ilr_validator.engine.values import Dates

DATES = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
USUAL = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


def column(*given_dates: dt.date | str | None) -> Dates:
    return np.array([np.nan if one is None else dates.parse(str(one)) for one in given_dates])


def months_later(date: dt.date, months: int) -> dt.date:
    month = date.year * 12 + date.month - 1 + months
    if month < 12:
        return dt.date.min
    if month >= 120_000:
        return dt.date.max
    for day in range(date.day, 0, -1):
        try:
            return dt.date(month // 12, month % 12 + 1, day)
        except ValueError:
            continue
    raise AssertionError


@given(DATES)
def test_a_date_is_read_and_written_as_it_was(date: dt.date) -> None:
    number = dates.parse(date.isoformat())
    assert number == dates.day(date.year, date.month, date.day)
    assert dates.to_date(number) == date
    assert dates.display(number) == f"{date.day:02}/{date.month:02}/{date.year:04}"


def test_a_time_of_day_is_a_part_of_the_day() -> None:
    assert dates.parse("2018-12-17T09:00:00") == dates.day(2018, 12, 17) + 0.375
    assert dates.to_date(dates.parse("2018-12-17T23:59:59")) == dt.date(2018, 12, 17)
    with pytest.raises(ValueError, match="isoformat"):
        dates.parse("17/12/2018")


@given(DATES)
def test_year_month_and_day_are_those_of_the_calendar(date: dt.date) -> None:
    one = column(date)
    assert dates.year_of(one)[0] == date.year
    assert dates.month_of(one)[0] == date.month
    assert dates.day_of_month(one)[0] == date.day
    assert dates.make(dates.year_of(one), date.month, date.day)[0] == one[0]


@given(DATES, st.integers(-130_000, 130_000))
def test_months_are_added_as_the_calendar_has_them_and_stop_at_its_ends(
    date: dt.date, months: int
) -> None:
    assert dates.add_months(column(date), months)[0] == column(months_later(date, months))[0]


@given(USUAL, st.integers(-150, 150))
def test_years_are_twelve_months_each(date: dt.date, years: int) -> None:
    assert dates.add_years(column(date), years)[0] == column(months_later(date, years * 12))[0]


def test_a_leap_day_becomes_the_28th_in_other_years() -> None:
    assert dates.add_years(column("2000-02-29"), 18)[0] == dates.day(2018, 2, 28)
    assert dates.add_years(column("2000-02-29"), 20)[0] == dates.day(2020, 2, 29)


def test_adding_beyond_time_gives_its_end() -> None:
    assert dates.add_years(column("9000-06-30"), 2000)[0] == dates.MAX_DATE
    assert dates.add_years(column("0500-06-30"), -2000)[0] == dates.MIN_DATE


@given(USUAL, USUAL)
def test_an_age_is_counted_in_birthdays(born: dt.date, date: dt.date) -> None:
    age = dates.years_between(column(born), column(date))[0]
    assert column(months_later(born, int(age) * 12))[0] <= column(date)[0]
    assert column(months_later(born, int(age + 1) * 12))[0] > column(date)[0]


@pytest.mark.parametrize(
    ("born", "date", "age"),
    [
        ("2000-08-31", "2018-08-30", 17),
        ("2000-08-31", "2018-08-31", 18),
        ("2000-02-29", "2018-02-27", 17),
        ("2000-02-29", "2018-02-28", 18),
        ("2018-09-01", "2018-08-31", -1),
    ],
)
def test_an_age_changes_on_the_birthday(born: str, date: str, age: int) -> None:
    assert dates.years_between(column(born), column(date))[0] == age


@given(USUAL, USUAL)
def test_months_between_ignore_days_and_order(one: dt.date, other: dt.date) -> None:
    months = abs(12 * (one.year - other.year) + one.month - other.month)
    assert dates.months_between(column(one), column(other))[0] == months
    assert dates.months_between(column(other), column(one))[0] == months


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2018-01-01", "2018-06-30", 5),
        ("2018-01-01", "2018-12-30", 11),
        ("2018-01-01", "2018-12-31", 12),  # twelve months less a day: one more
        ("2018-01-01", "2019-01-01", 12),  # twelve months to the day: none more
        ("2018-01-01", "2019-01-02", 13),  # later: one more for ever
        ("2018-01-01", "2020-01-01", 25),
        ("2018-06-30", "2018-01-01", 5),
    ],
)
def test_whole_months_have_one_more_around_a_year(start: str, end: str, months: int) -> None:
    assert dates.whole_months_between(column(start), column(end))[0] == months


@given(USUAL, USUAL)
def test_days_between_have_a_sign_and_whole_days_count_both_ends(
    one: dt.date, other: dt.date
) -> None:
    days = (other - one).days
    assert dates.days_between(column(one), column(other))[0] == days
    assert dates.whole_days_between(column(one), column(other))[0] == abs(days) + 1


@given(USUAL)
def test_the_last_friday_in_june_is_of_the_year_from_september(date: dt.date) -> None:
    year = date.year + (date.month > 8)
    fridays = [day for day in range(1, 31) if dt.date(year, 6, day).weekday() == 4]
    assert dates.last_friday_in_june(column(date))[0] == dates.day(year, 6, fridays[-1])


def test_the_last_friday_can_be_the_last_day_of_june() -> None:
    assert dates.last_friday_in_june(column("2017-08-31"))[0] == dates.day(2017, 6, 30)
    assert dates.last_friday_in_june(column("2017-09-01"))[0] == dates.day(2018, 6, 29)


def test_the_year_before_ends_when_this_one_starts() -> None:
    start = dates.day(2020, 8, 1)
    asked = column("2019-07-31", "2019-08-01", "2020-07-31", "2020-08-01", None)
    expected = [False, True, True, False, False]
    assert dates.is_in_previous_year(asked, start).tolist() == expected


def test_null_stays_null() -> None:
    null, known = column(None), column("2020-08-01")
    for result in (
        dates.year_of(null),
        dates.month_of(null),
        dates.day_of_month(null),
        dates.make(dates.year_of(null), 8, 1),
        dates.add_months(null, 3),
        dates.add_months(known, np.array([np.nan])),
        dates.add_years(null, 3),
        dates.years_between(null, known),
        dates.years_between(known, null),
        dates.months_between(known, null),
        dates.whole_months_between(null, known),
        dates.days_between(null, known),
        dates.whole_days_between(known, null),
        dates.last_friday_in_june(null),
    ):
        assert np.isnan(result).all()


def ages_by_the_calendar(born: dt.date | None, now: dt.date | None) -> float:
    if born is None or now is None:
        return np.nan
    birthday = months_later(born, (now.year - born.year) * 12)
    return now.year - born.year - (now < birthday)


@given(st.lists(st.tuples(st.none() | USUAL, st.none() | USUAL), max_size=40))
def test_years_are_counted_as_on_birthday_cards(pairs: list[tuple[dt.date, dt.date]]) -> None:
    counted = dates.years_between(
        column(*(born for born, _ in pairs)), column(*(now for _, now in pairs))
    )
    expected = [ages_by_the_calendar(*pair) for pair in pairs]
    np.testing.assert_array_equal(counted, np.array(expected, np.float64))


@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_years_by_table_and_by_calendar_are_the_same(shift: float) -> None:
    # A time of day, or a day outside the table, takes the way without the table.
    chance = np.random.default_rng(2)
    born = np.floor(chance.uniform(dates.day(1930, 1, 1), dates.day(2025, 1, 1), 20_000))
    born[::10] = dates.day(2004, 2, 29)
    now = np.floor(chance.uniform(dates.day(1990, 1, 1), dates.day(2040, 1, 1), 20_000))
    now[::7] = dates.make(dates.year_of(now[::7]), 2, 28)
    by_table = dates.years_between(born, now)
    far = np.append(born, dates.day(1700, 1, 1)), np.append(now, dates.day(1800, 1, 1))
    by_calendar = dates.years_between(*far)[:-1]
    np.testing.assert_array_equal(by_table, by_calendar)
    if shift:
        np.testing.assert_array_equal(by_table, dates.years_between(born + shift, now + shift))


@pytest.mark.parametrize("edge", [dates.FIRST_DAY, dates.LAST_DAY])
def test_years_at_the_edges_of_the_table(edge: int) -> None:
    days = np.arange(edge - 2, edge + 3).astype(float)
    one_by_one = [dates.years_between(np.array([day]), np.array([day + 400]))[0] for day in days]
    assert one_by_one == [1.0] * 5
