"""Programmes: DD04, 06, 07, 18, 19, 32 to 34 and 36."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import MIN_DATE, day
from ilr_validator.packs.derived import dd04, dd06, dd07, dd18, dd32, dd36

Build = Callable[..., Batch]
NAN = np.nan


def programme(start: str, **fields: Any) -> dict[str, Any]:
    return {"AimType": 1, "ProgType": 25, "StdCode": 7, "LearnStartDate": start, **fields}


def component(**fields: Any) -> dict[str, Any]:
    return {**programme("2020-09-01", AimType=3), **fields}


def test_dd04_takes_the_earliest_programme_aim_of_the_same_framework(aims: Build) -> None:
    framework = {"ProgType": 3, "FworkCode": 445, "PwayCode": 1}
    b = aims(
        programme("2019-10-01", **framework),
        programme("2018-05-01", **framework),
        programme("2017-01-01", **{**framework, "PwayCode": 2}),
        component(**framework),
        component(**{**framework, "FworkCode": 446}),
    )
    expected = [day(2018, 5, 1), day(2018, 5, 1), day(2017, 1, 1), day(2018, 5, 1), NAN]
    np.testing.assert_equal(dd04.earliest_programme_start(b), expected)


def test_dd04_takes_null_for_equal_to_null(aims: Build) -> None:
    alone = {"AimType": 4, "LearnStartDate": "2020-01-01"}
    b = aims({"AimType": 1, "LearnStartDate": "2016-01-01"}, alone, {**alone, "ProgType": 24})
    starts = dd04.earliest_programme_start(b)
    np.testing.assert_equal(starts, [day(2016, 1, 1), day(2016, 1, 1), NAN])


def test_dd04_does_not_look_at_other_learners(learners: Build) -> None:
    b = learners(
        {"LearningDeliveries": [programme("2015-01-01")]}, {"LearningDeliveries": [component()]}
    )
    np.testing.assert_equal(dd04.earliest_programme_start(b), [day(2015, 1, 1), NAN])


def test_dd04_of_2025_needs_a_programme_and_looks_at_the_standard(aims: Build) -> None:
    b = aims(
        programme("2023-10-01", FworkCode=1),
        programme("2022-05-01", FworkCode=2),
        programme("2021-01-01", StdCode=8),
        component(),
        {"AimType": 1, "LearnStartDate": "2020-01-01"},
    )
    expected = [day(2022, 5, 1), day(2022, 5, 1), day(2021, 1, 1), day(2022, 5, 1), NAN]
    np.testing.assert_equal(dd04.earliest_programme_start_2025(b), expected)


def test_dd06_takes_the_earliest_aim_of_each_learner(learners: Build) -> None:
    b = learners(
        {"LearningDeliveries": [component(), programme("2018-02-01")]},
        {},
        {"LearningDeliveries": [{"AimType": 4}]},
    )
    np.testing.assert_equal(dd06.earliest_start(b), [day(2018, 2, 1), NAN, MIN_DATE])


@pytest.mark.parametrize(
    ("pack", "apprenticeships"),
    [("2020-21", [2, 3, 20, 21, 22, 23, 25]), ("2025-26", [25])],
)
def test_dd07_knows_the_apprenticeships_of_a_year(
    learners: Build, pack: str, apprenticeships: list[int]
) -> None:
    types = [2, 3, 10, 20, 21, 22, 23, 24, 25, 30, 31, 32, None]
    b = learners({"LearningDeliveries": [{"ProgType": one} for one in types]}, pack=pack)
    assert dd07.is_apprenticeship(b).tolist() == [one in apprenticeships for one in types]


def test_dd18_takes_the_earliest_programme_of_the_same_standard(aims: Build) -> None:
    b = aims(
        programme("2019-10-01"),
        programme("2018-05-01"),
        programme("2017-05-01", ProgType=24),
        component(ProgType=None),
        component(StdCode=8),
        component(StdCode=None),
        programme("2016-01-01", StdCode=None),
    )
    earliest = day(2018, 5, 1)
    expected = [earliest, earliest, earliest, earliest, NAN, NAN, NAN]
    np.testing.assert_equal(dd18.standard_programme_start(b), expected)


def test_dd32_tells_open_programmes_from_ended_ones(aims: Build) -> None:
    b = aims(
        programme("2024-10-01", FundModel=36),
        programme("2023-10-01", FundModel=36, LearnActEndDate="2024-09-30"),
        programme("2022-10-01", FundModel=35),
        component(FundModel=36),
    )
    assert dd32.is_open_funded_programme(b).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("fields", "end", "end_2025"),
    [
        ({"ProgType": 24, "LearnActEndDate": "2020-05-01"}, day(2020, 5, 1), day(2020, 5, 1)),
        (
            {"ProgType": 24, "LearnActEndDate": "2020-05-01", "AchDate": "2020-06-01"},
            day(2020, 5, 1),
            day(2020, 5, 1),
        ),
        ({"ProgType": 24, "AchDate": "2020-06-01"}, dd36.NEVER, dd36.NEVER),
        ({"ProgType": 25, "LearnActEndDate": "2020-05-01"}, day(2020, 5, 1), day(2020, 5, 1)),
        (
            {"ProgType": 25, "LearnActEndDate": "2020-05-01", "AchDate": "2020-06-01"},
            day(2020, 6, 1),
            day(2020, 6, 1),
        ),
        ({"ProgType": 25, "AchDate": "2020-06-01"}, day(2020, 6, 1), day(2020, 6, 1)),
        ({"ProgType": 32, "AchDate": "2025-06-01"}, dd36.NEVER, day(2025, 6, 1)),
        ({"ProgType": None}, dd36.NEVER, dd36.NEVER),
        ({"AimType": 3, "LearnActEndDate": "2020-05-01"}, NAN, NAN),
    ],
)
def test_dd36_ends_programmes(
    aims: Build, fields: dict[str, Any], end: float, end_2025: float
) -> None:
    b = aims(programme("2019-09-01", **fields))
    np.testing.assert_equal(dd36.effective_end(b), [end])
    np.testing.assert_equal(dd36.effective_end_2025(b), [end_2025])


def test_dd36_never_is_the_last_second_of_2099() -> None:
    assert pytest.approx(day(2100, 1, 1) - 1 / 86_400) == dd36.NEVER
