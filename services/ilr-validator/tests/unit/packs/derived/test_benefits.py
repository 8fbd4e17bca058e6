"""Adult skills funding and benefits: DD11, 12, 21, 28, 37 and 38."""

from collections.abc import Callable
from typing import Any

import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.packs.derived import dd11, dd12, dd21, dd28, dd37, dd38

Build = Callable[..., Batch]
START = "2020-09-01"


def status(emp_stat: int, *monitorings: tuple[str, int], since: str = START) -> dict[str, Any]:
    return {
        "EmpStat": emp_stat,
        "DateEmpStatApp": since,
        "EmploymentStatusMonitorings": [
            {"ESMType": esm_type, "ESMCode": code} for esm_type, code in monitorings
        ],
    }


def adult(*fams: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {
        "FundModel": 35,
        "LearnStartDate": START,
        "LearningDeliveryFAMs": [
            {"LearnDelFAMType": fam_type, "LearnDelFAMCode": code} for fam_type, code in fams
        ],
        **fields,
    }


@pytest.mark.parametrize("code", range(8))
def test_dd11_takes_any_of_six_benefits(aims: Build, code: int) -> None:
    b = aims(adult(), adult(FundModel=36), statuses=[status(11, ("bsi", code))])
    assert dd11.is_adult_funded_on_benefits(b).tolist() == [1 <= code <= 6, False]


def test_dd11_looks_at_the_latest_status_by_the_start(aims: Build) -> None:
    statuses = [
        status(11, ("BSI", 1), since="2019-01-01"),
        status(11, since="2020-01-01"),
        status(11, ("BSI", 1), since="2020-09-02"),
    ]
    b = aims(adult(), adult(LearnStartDate="2019-12-31"), statuses=statuses)
    assert dd11.is_adult_funded_on_benefits(b).tolist() == [False, True]
    assert dd11.is_adult_funded_on_benefits(aims(adult())).tolist() == [False]


@pytest.mark.parametrize(
    ("code", "mandated", "expected"),
    [(1, "", True), (2, "", True), (3, "", False), (4, "", False), (4, "318", True)],
)
def test_dd12_takes_credit_only_from_the_mandated(
    aims: Build, code: int, mandated: str, *, expected: bool
) -> None:
    b = aims(adult(("LDM", mandated)), statuses=[status(10, ("BSI", code))])
    assert dd12.is_adult_skills_funded_on_benefits(b).tolist() == [expected]


@pytest.mark.parametrize(
    ("emp_stat", "code", "fams", "expected"),
    [
        (11, 3, [("LDM", "318")], True),
        (12, 3, [], True),
        (10, 3, [], False),
        (11, 4, [], True),
        (11, 4, [("LDM", "034")], True),
        (11, 4, [("LDM", "318")], False),
        (11, 4, [("LDM", "318"), ("SOF", "105")], True),  # a FAM that is not LDM: the oddity
        (11, 1, [], False),
    ],
)
def test_dd21_takes_the_unemployed_on_other_benefits(
    aims: Build, emp_stat: int, code: int, fams: list[tuple[str, str]], *, expected: bool
) -> None:
    b = aims(adult(*fams), adult(*fams, FundModel=25), statuses=[status(emp_stat, ("BSI", code))])
    assert dd21.is_unemployed_with_other_benefits(b).tolist() == [expected, False]


@pytest.mark.parametrize(
    ("emp_stat", "monitorings", "expected"),
    [
        (98, [("BSI", 1)], True),
        (10, [("BSI", 2)], True),
        (99, [("BSI", 1)], False),
        (11, [("BSI", 3)], True),
        (12, [("BSI", 4)], True),
        (11, [("BSI", 5)], False),
        (10, [("BSI", 4)], False),
        (10, [("BSI", 4), ("EII", 5)], True),
        (10, [("BSI", 3), ("EII", 3)], False),
        (10, [("EII", 2)], False),
    ],
)
def test_dd28_takes_little_work_with_benefits(
    aims: Build, emp_stat: int, monitorings: list[tuple[str, int]], *, expected: bool
) -> None:
    b = aims(adult(), statuses=[status(emp_stat, *monitorings)])
    assert dd28.is_unemployed_with_benefits(b).tolist() == [expected]


@pytest.mark.parametrize(
    ("emp_stat", "code", "fams", "expected"),
    [
        (11, 6, [("LDM", "318")], True),
        (10, 6, [], False),
        (12, 4, [("SOF", "105")], True),
        (12, 4, [("SOF", "105"), ("LDM", "318")], False),
        (12, 5, [], False),
    ],
)
def test_dd37_takes_the_unemployed_who_are_not_mandated(
    aims: Build, emp_stat: int, code: int, fams: list[tuple[str, str]], *, expected: bool
) -> None:
    b = aims(adult(*fams), adult(*fams, FundModel=38), statuses=[status(emp_stat, ("BSI", code))])
    assert dd37.is_unemployed(b).tolist() == [expected, False]
    assert dd37.is_unemployed_2025(b).tolist() == [expected, False]


@pytest.mark.parametrize(
    ("emp_stat", "monitorings", "expected"),
    [
        (98, [("BSI", 1)], True),
        (98, [("BSI", 4)], False),
        (12, [("BSI", 5)], True),
        (11, [("BSI", 3)], False),
        (10, [("BSI", 6)], False),
        (10, [("BSI", 6), ("EII", 2)], True),
        (10, [("BSI", 6), ("EII", 7)], False),
    ],
)
def test_dd38_takes_little_work_with_benefits(
    aims: Build, emp_stat: int, monitorings: list[tuple[str, int]], *, expected: bool
) -> None:
    b = aims(adult(), statuses=[status(emp_stat, *monitorings)])
    assert dd38.is_on_benefits(b).tolist() == [expected]
    assert dd38.is_on_benefits_2025(b).tolist() == [expected]


def test_dd37_and_dd38_look_at_every_earlier_status_until_2025(aims: Build) -> None:
    statuses = [
        status(10, since="2020-01-01"),
        status(11, ("BSI", 6), since="2019-01-01"),
        status(11, ("BSI", 6), since="2021-01-01"),
    ]
    b = aims(adult(), adult(LearnStartDate="2018-12-31"), statuses=statuses)
    assert dd37.is_unemployed(b).tolist() == [True, False]
    assert dd38.is_on_benefits(b).tolist() == [True, False]
    assert dd37.is_unemployed_2025(b).tolist() == [False, False]
    assert dd38.is_on_benefits_2025(b).tolist() == [False, False]
