"""Which employment status holds on a date, and how it is monitored."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.packs.queries import employment

Build = Callable[..., Batch]


def status(since: str | None, *monitorings: tuple[str, int]) -> dict[str, Any]:
    own = [{"ESMType": name, "ESMCode": code} for name, code in monitorings]
    return {"DateEmpStatApp": since, "EmploymentStatusMonitorings": own}


def starts(*dates: str) -> list[dict[str, Any]]:
    return [{"LearnStartDate": date} for date in dates]


def test_the_latest_status_by_the_start_holds(aims: Build) -> None:
    b = aims(
        *starts("2019-12-31", "2020-01-01", "2020-06-30", "2030-01-01"),
        statuses=[status("2020-07-01"), status("2020-01-01"), status("2020-07-01")],
    )
    assert employment.status_at_start(b).tolist() == [-1, 1, 1, 0]  # of equal dates the first


def test_a_status_without_a_date_applies_since_ever(aims: Build) -> None:
    b = aims(*starts("0001-01-01", "2020-01-01"), statuses=[status(None)])
    assert employment.status_at_start(b).tolist() == [0, 0]


def test_each_learner_has_its_own_statuses(learners: Build) -> None:
    b = learners(
        {"LearningDeliveries": starts("2020-01-01")},
        {
            "LearningDeliveries": starts("2020-01-01"),
            "LearnerEmploymentStatuses": [status("2019-01-01"), status("2018-01-01")],
        },
    )
    assert employment.status_at_start(b).tolist() == [-1, 0]
    on_date = np.array([day(2018, 6, 1), day(2018, 6, 1)])
    assert employment.status_on(b, on_date).tolist() == [-1, 1]
    assert employment.learner_status_on(b, on_date).tolist() == [-1, 1]
    aims, statuses = employment.statuses_until(b, b.aims.LearnStartDate)
    assert (aims.tolist(), statuses.tolist()) == ([1, 1], [0, 1])
    aims, _ = employment.statuses_until(b, b.aims.LearnStartDate, np.array([True, False]))
    assert not len(aims)


def test_none_before_and_none_by_differ_on_the_day_itself(aims: Build) -> None:
    b = aims(
        *starts("2019-12-31", "2020-01-01", "2020-01-02"),
        statuses=[status("2020-06-01"), status("2020-01-01")],
    )
    dates = b.aims.LearnStartDate
    assert employment.none_before(b, dates).tolist() == [True, True, False]
    assert employment.none_on_or_before(b, dates).tolist() == [True, False, False]
    for date, before, by in zip(dates, (True, True, False), (True, False, False), strict=True):
        asked = np.array([date])
        assert employment.none_of_learner_before(b, asked).tolist() == [before]
        assert employment.none_of_learner_on_or_before(b, asked).tolist() == [by]


def test_nobody_without_a_status_has_one_before(aims: Build) -> None:
    b = aims(*starts("2020-01-01"))
    assert employment.none_before(b, b.aims.LearnStartDate).tolist() == [True]
    assert employment.none_on_or_before(b, b.aims.LearnStartDate).tolist() == [True]


def test_a_status_is_monitored_with_a_type_and_any_of_the_codes(aims: Build) -> None:
    b = aims(
        *starts("2020-01-01", "2020-02-01", "2018-01-01"),
        statuses=[
            status("2020-02-01", ("bsi", 4), ("EII", 1)),
            status("2020-01-01"),
        ],
    )
    assert employment.monitorings_of(b, "BSI").tolist() == [True, False]
    assert employment.has_monitoring(b, "BSI").tolist() == [True, False]
    assert employment.has_monitoring(b, "BSI", 1, 4).tolist() == [True, False]
    assert employment.has_monitoring(b, "BSI", 1).tolist() == [False, False]
    assert employment.has_monitoring_at_start(b, "BSI", 4).tolist() == [False, True, False]


def test_any_status_by_the_start_counts_if_one_asks_so(aims: Build) -> None:
    b = aims(
        *starts("2019-12-31", "2020-01-01", "2021-01-01"),
        statuses=[status("2020-01-01"), status("2020-02-01")],
    )
    first = np.array([True, False])
    assert employment.has_status_by_start(b, first).tolist() == [False, True, True]
    assert not employment.has_status_by_start(b, ~first & first).any()


def test_only_the_first_status_on_record_is_looked_at_by_an_oddity(learners: Build) -> None:
    monitored, plain = status("2020-01-01", ("SEM", 1)), status("2021-01-01")
    b = learners(
        {"LearnerEmploymentStatuses": [monitored, plain]},
        {"LearnerEmploymentStatuses": [plain, monitored]},
        {},
    )
    found = employment.first_status_has_monitoring(b, "SEM", 1)
    assert found.tolist() == [True, False, False]


def test_a_type_that_stands_twice_is_reported_once_for_each_status(aims: Build) -> None:
    b = aims(
        statuses=[
            status("2020-01-01", ("BSI", 1), ("bsi", 1), ("BSI", 2), ("EII", 1), ("LOU", 1)),
            status("2020-02-01", ("BSI", 1), ("EII", 2)),
            status("2020-02-01", ("EII", 1), ("EII", 2), ("LOU", 1), ("LOU", 1)),
        ]
    )
    rows = np.flatnonzero(employment.duplicated_monitorings(b, "BSI", "EII", "SEI"))
    assert rows.tolist() == [0, 7]
