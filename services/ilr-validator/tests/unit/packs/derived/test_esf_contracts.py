"""European Social Fund contracts: DD22, 23, 25 and 26."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.packs.derived import dd22, dd23, dd25, dd26

Build = Callable[..., Batch]
NAN = np.nan


def start(date: str, contract: str | None = "ESF-1", **fields: Any) -> dict[str, Any]:
    return {
        "LearnAimRef": "ZESF0001",
        "CompStatus": 2,
        "ConRefNumber": contract,
        "LearnStartDate": date,
        **fields,
    }


def aim(contract: str | None = "ESF-1") -> dict[str, Any]:
    return start("2020-09-01", contract, LearnAimRef="60000001")


def status(since: str, *monitorings: tuple[str, int]) -> dict[str, Any]:
    own = [{"ESMType": name, "ESMCode": code} for name, code in monitorings]
    return {"EmpStat": 11, "DateEmpStatApp": since, "EmploymentStatusMonitorings": own}


def test_dd22_takes_the_latest_completed_start_of_the_contract(aims: Build) -> None:
    b = aims(
        aim("esf-1"),
        aim("ESF-2"),
        aim(None),
        start("2018-01-01"),
        start("2019-01-01", "ESF-1"),
        start("2020-01-01", CompStatus=1),
        start("2020-02-01", LearnAimRef="zesf0001"),
        start("2020-03-01", "ESF-2"),
        start("2020-04-01", None),
        start("2020-05-01", " "),
    )
    latest = dd22.latest_esf_start(b)
    np.testing.assert_equal(latest[:3], [day(2019, 1, 1), day(2020, 3, 1), NAN])
    assert np.isnan(latest[[8, 9]]).all()


def test_dd23_is_the_age_at_the_latest_start(aims: Build) -> None:
    b = aims(
        aim(),
        start("2018-02-27"),
        start("2018-02-28", LearnAimRef="zesf0001"),
        aim("ESF-9"),
        DateOfBirth="2000-02-29",
    )
    np.testing.assert_equal(dd23.age_at_esf_start(b), [18, 18, 18, NAN])
    assert np.isnan(dd23.age_at_esf_start(aims(aim(), start("2018-01-01")))).all()


def test_dd23_takes_no_contract_for_equal_to_none(aims: Build) -> None:
    b = aims(aim(None), start("2018-01-01", None), DateOfBirth="2000-01-02")
    np.testing.assert_equal(dd23.age_at_esf_start(b), [17, 17])


def test_dd25_is_the_first_length_of_unemployment_at_the_latest_start(aims: Build) -> None:
    statuses = [
        status("2018-01-01", ("LOU", 1)),
        status("2019-01-01", ("BSI", 1), ("lou", 4), ("LOU", 5)),
        status("2020-01-01"),
    ]
    b = aims(
        aim(),
        start("2018-06-01"),
        start("2019-06-01"),
        aim("ESF-2"),
        start("2020-06-01", "ESF-2"),
        aim("ESF-3"),
        statuses=statuses,
    )
    np.testing.assert_equal(dd25.length_of_unemployment(b), [4, 4, 4, NAN, NAN, NAN])


def test_dd26_looks_at_the_first_completed_start_on_record(aims: Build) -> None:
    statuses = [status("2018-01-01"), status("2019-01-01", ("BSI", 9))]
    b = aims(
        aim(),
        start("2018-06-01"),
        start("2019-06-01"),
        aim("ESF-2"),
        start("2019-06-01", "esf-2"),
        start("2018-06-01", "ESF-2"),
        aim("ESF-3"),
        statuses=statuses,
    )
    on_benefits = dd26.on_benefits_at_esf_start(b).tolist()
    assert on_benefits == [False, False, False, True, True, True, False]
