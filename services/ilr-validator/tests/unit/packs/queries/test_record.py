"""Questions on aims, financial records, placements, destinations, postcodes and years."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.text import Text
from ilr_validator.packs.queries import (
    aims as of_aims,
)
from ilr_validator.packs.queries import (
    destinations,
    fin_records,
    pairs,
    postcodes,
    work_placements,
)
from ilr_validator.packs.queries.academic_years import YearDate, year_date

Build = Callable[..., Batch]
NAN = np.nan


def test_funding_programme_and_type_of_an_aim(aims: Build) -> None:
    b = aims({"FundModel": 35, "ProgType": 25, "AimType": 1}, {"FundModel": 99})
    assert of_aims.is_funded_by(b, 35, 36).tolist() == [True, False]
    assert of_aims.is_of_programme(b, 24, 25).tolist() == [True, False]
    assert of_aims.is_of_type(b, 1).tolist() == [True, False]


def test_additional_hours_are_spread_over_the_planned_days(aims: Build) -> None:
    def aim(start: str, end: str, hours: int | None) -> dict[str, Any]:
        return {"LearnStartDate": start, "LearnPlanEndDate": end, "AddHours": hours}

    b = aims(
        aim("2020-01-01", "2020-01-10", 55),
        aim("2020-01-01", "2020-01-01", 24),
        aim("2020-01-02", "2020-01-01", 24),
        aim("2020-01-02", "2020-01-01", 0),
        aim("2020-01-01", "2020-01-10", None),
    )
    assert of_aims.learning_days(b).tolist() == [10, 1, 0, 0, 10]
    np.testing.assert_equal(of_aims.average_additional_hours(b), [5.5, 24, np.inf, NAN, NAN])


def record(code: int, amount: int, date: str, fin_type: str = "TNP") -> dict[str, Any]:
    return {"AFinType": fin_type, "AFinCode": code, "AFinAmount": amount, "AFinDate": date}


def test_financial_records_are_found_and_the_latest_price_counts(aims: Build) -> None:
    b = aims(
        {
            "AppFinRecords": [
                record(1, 10, "2020-01-01"),
                record(1, 20, "2020-03-01", "tnp"),
                record(1, 30, "2020-03-01"),
                record(2, 4, "2020-01-01"),
                record(3, 500, "2020-01-01", "PMR"),
            ]
        },
        {"AppFinRecords": [record(2, 7, "2020-01-01", "PMR")]},
        {},
    )
    assert fin_records.has_fin(b, "TNP").tolist() == [True, False, False]
    assert fin_records.has_fin(b, "PMR", 2, 3).tolist() == [True, True, False]
    assert fin_records.has_fin_code(b, 2).tolist() == [True, True, False]
    assert fin_records.latest_fin(b, "TNP", 1).tolist() == [1, -1, -1]
    assert fin_records.total_negotiated_price(b).tolist() == [24, 0, 0]


def test_placements_that_end_late_or_name_no_employer(aims: Build) -> None:
    b = aims(
        {
            "LearnActEndDate": "2020-01-01",
            "LearningDeliveryWorkPlacements": [
                {"WorkPlaceEndDate": "2020-01-01", "WorkPlaceEmpId": 1, "WorkPlaceMode": 1},
                {"WorkPlaceEndDate": "2020-01-02", "WorkPlaceEmpId": 1, "WorkPlaceMode": 3},
            ],
        },
        {"LearningDeliveryWorkPlacements": [{"WorkPlaceEndDate": "2020-01-02"}]},
        {"LearnActEndDate": "2020-01-01"},
    )
    assert work_placements.has_placement_after_end(b).tolist() == [True, False, False]
    assert work_placements.has_placement_without_employer(b).tolist() == [False, True, False]
    assert work_placements.has_valid_mode(b).tolist() == [True, False, False]


def test_a_learner_has_the_first_destination_record_of_its_number(learners: Build) -> None:
    b = learners(
        {"LearnRefNumber": "abc"},
        {"LearnRefNumber": "none"},
        {"LearnRefNumber": "XYZ"},
        destinations=[
            {"LearnRefNumber": "xyz"},
            {"LearnRefNumber": "ABC", "DPOutcomes": [{"OutType": "edu"}, {"OutType": "EMP"}]},
            {"LearnRefNumber": "abc"},
        ],
    )
    assert destinations.destination_of(b).tolist() == [1, -1, 0]
    assert destinations.has_outcome(b).tolist() == [True, False, False]
    assert destinations.outcomes_of(b, "EDU", "GAP").tolist() == [True, False]


@pytest.mark.parametrize(
    ("postcode", "is_one"),
    [
        ("AA1 1AA", True),
        ("A1 1AA", True),
        ("AA1A 1AA", True),
        ("AA11 1AA", True),
        ("AA1\u00a01AA", True),
        ("aa1 1aa", False),
        ("AA11AA", False),
        ("AA1  1AA", False),
        ("AAA1 1AA", False),
        ("AA1 1CA", False),
        ("AA1 1IA", False),
        ("", False),
        (None, False),
    ],
)
def test_the_form_of_postcodes(postcode: str | None, *, is_one: bool) -> None:
    assert postcodes.is_well_formed(Text.of([postcode])).tolist() == [is_one]


@pytest.mark.parametrize(
    ("wanted", "july", "august", "september"),
    [
        (YearDate.COMMENCEMENT, (2019, 8, 1), (2019, 8, 1), (2020, 8, 1)),
        (YearDate.PREVIOUS_YEAR_END, (2019, 7, 31), (2019, 7, 31), (2020, 7, 31)),
        (YearDate.AUGUST_31, (2019, 8, 31), (2020, 8, 31), (2020, 8, 31)),
        (YearDate.CURRENT_YEAR_END, (2020, 7, 31), (2021, 7, 31), (2021, 7, 31)),
        (YearDate.NEXT_YEAR_COMMENCEMENT, (2020, 8, 1), (2021, 8, 1), (2021, 8, 1)),
        (YearDate.TRAINEESHIPS_AUGUST_1, (2020, 8, 1), (2020, 8, 1), (2021, 8, 1)),
    ],
)
def test_days_of_the_academic_year_of_a_date(
    wanted: YearDate,
    july: tuple[int, int, int],
    august: tuple[int, int, int],
    september: tuple[int, int, int],
) -> None:
    asked = np.array([dates.day(2020, month, 15) for month in (7, 8, 9)])
    expected = [dates.day(*one) for one in (july, august, september)]
    assert year_date(asked, wanted).tolist() == expected
    assert np.isnan(year_date(np.array([NAN]), wanted)).all()


def test_the_first_year_of_all_has_none_before() -> None:
    asked = np.array([dates.day(1, 3, 1)])
    assert year_date(asked, YearDate.COMMENCEMENT).tolist() == [dates.day(1, 8, 1)]


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)))
def test_the_current_year_ends_within_a_year(date: dt.date) -> None:
    number = dates.day(date.year, date.month, date.day)
    end = year_date(np.array([number]), YearDate.CURRENT_YEAR_END)[0]
    assert number <= end < number + 366


@given(
    st.lists(st.tuples(st.integers(0, 4), st.one_of(st.just(NAN), st.integers(0, 3).map(float))))
)
def test_pairs_are_brought_back_to_their_left_side(given_pairs: list[tuple[int, float]]) -> None:
    in_order = sorted(given_pairs, key=lambda pair: pair[0])
    rows = np.array([row for row, _ in in_order], np.intp)
    values = np.array([value for _, value in in_order])
    others = np.arange(len(in_order), dtype=np.intp)
    for row in range(5):
        own = [(value, place) for place, (left, value) in enumerate(in_order) if left == row]
        known = [value for value, _ in own if not np.isnan(value)]
        ranked = [(-np.inf if np.isnan(value) else value, place) for value, place in own]
        least = min(known, default=NAN)
        greatest = max(known, default=NAN)
        np.testing.assert_equal(pairs.least(5, rows, values)[row], least)
        np.testing.assert_equal(pairs.greatest(5, rows, values)[row], greatest)
        assert pairs.first(5, rows, others)[row] == (own[0][1] if own else -1)
        lowest = min(ranked, default=(0, -1))[1]
        highest = max(ranked, key=lambda pair: (pair[0], -pair[1]), default=(0, -1))[1]
        assert pairs.first_of_least(5, rows, others, values)[row] == lowest
        assert pairs.first_of_greatest(5, rows, others, values)[row] == highest
