"""DD17: the price of a standard against its funding cap."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.packs.derived import dd17

Build = Callable[..., Batch]
NAN = np.nan


def price(code: int, amount: int, date: str, fin_type: str = "TNP") -> dict[str, Any]:
    return {"AFinType": fin_type, "AFinCode": code, "AFinAmount": amount, "AFinDate": date}


def programme(*records: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "AimType": 1,
        "FundModel": 81,
        "ProgType": 25,
        "StdCode": 7,
        "LearnStartDate": "2017-06-01",
        "AppFinRecords": list(records),
        **fields,
    }


def funding(cap: float | None, start: str, end: str | None = None, code: int = 7) -> dict[str, Any]:
    return {
        "StandardCode": code,
        "CoreGovContributionCap": cap,
        "EffectiveFrom": start,
        "EffectiveTo": end,
    }


def fundings(*rows: dict[str, Any]) -> dict[str, Sequence[dict[str, Any]]]:
    return {"lars_standard_fundings": rows}


def test_the_latest_prices_of_all_programmes_of_the_standard_are_added(aims: Build) -> None:
    b = aims(
        programme(
            price(1, 1000, "2017-06-01"),
            price(1, 1500, "2017-07-01"),
            price(2, 200, "2017-06-01", "tnp"),
            price(3, 50_000, "2017-06-01"),
            price(1, 70_000, "2018-06-01", "PMR"),
        ),
        programme(price(2, 33, "2017-06-01")),
        programme(price(1, 9, "2017-06-01"), StdCode=8),
        programme(price(1, 9, "2017-06-01"), FundModel=36),
        programme(price(1, 9, "2017-06-01"), AimType=3),
        programme(price(1, 9, "2017-06-01"), StdCode=None),
    )
    np.testing.assert_equal(dd17.total_price(b), [1733, 1733, 9, NAN, NAN, NAN])


@pytest.mark.parametrize(
    ("total", "exceeds"),
    [(1500, False), (1502, False), (1503, True)],  # thirds are rounded down before doubling
)
def test_two_thirds_are_compared_in_whole_pounds(aims: Build, total: int, *, exceeds: bool) -> None:
    b = aims(
        programme(price(1, total, "2017-06-01")),
        reference=fundings(funding(1000, "2017-01-01")),
    )
    assert dd17.exceeds_cap(b, np.array([True])).tolist() == [exceeds]


def test_the_cap_is_that_at_the_earliest_start(aims: Build) -> None:
    b = aims(
        programme(),
        programme(LearnStartDate="2017-08-01", OrigLearnStartDate="2017-02-01"),
        programme(OrigLearnStartDate="2017-06-02"),
        programme(StdCode=9),
        reference=fundings(
            funding(1, "2017-06-01"),
            funding(2, "2017-01-01", "2017-05-31"),
            funding(3, "2016-01-01"),
        ),
    )
    np.testing.assert_equal(dd17.funding_cap(b, np.ones(4, bool)), [3, 3, 3, NAN])


def test_a_funding_without_an_end_comes_before_one_that_closes_first(aims: Build) -> None:
    rows = (funding(1, "2017-01-01", "2019-01-01"), funding(2, "2017-01-01", "2018-01-01"))
    capped = aims(programme(), reference=fundings(*rows))
    assert dd17.funding_cap(capped, np.array([True])).tolist() == [2]
    capped = aims(programme(), reference=fundings(*rows, funding(3, "2017-01-01")))
    assert dd17.funding_cap(capped, np.array([True])).tolist() == [3]


def test_without_a_cap_nothing_exceeds_it(aims: Build) -> None:
    b = aims(
        programme(price(1, 10**6, "2017-06-01")),
        reference=fundings(funding(None, "2017-01-01")),
    )
    assert dd17.exceeds_cap(b, np.array([True])).tolist() == [False]
    assert not b.not_run.any()


def test_an_absent_table_leaves_the_learner_not_run_where_it_is_asked(aims: Build) -> None:
    b = aims(programme(price(1, 10**6, "2017-06-01")), programme(FundModel=36))
    dd17.exceeds_cap(b, np.array([False, True]))
    assert not b.not_run.any()
    dd17.exceeds_cap(b, np.array([True, True]))
    assert b.not_run.tolist() == [True]
