"""The LARS validity category by which an aim is judged."""

from collections.abc import Callable
from typing import Any

import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.packs.derived.validity_category import (
    validity_category_01,
    validity_category_02,
    validity_category_2025,
)

Build = Callable[..., Batch]
BENEFITS = [
    {
        "EmpStat": 11,
        "DateEmpStatApp": "2010-01-01",
        "EmploymentStatusMonitorings": [{"ESMType": "BSI", "ESMCode": 1}],
    }
]


def aim(fund_model: int, *fams: str, **fields: Any) -> dict[str, Any]:
    pairs = [{"LearnDelFAMType": fam[:3], "LearnDelFAMCode": fam[3:]} for fam in fams]
    start = {"LearnStartDate": "2020-09-01", "AimType": 4}
    return start | fields | {"FundModel": fund_model, "LearningDeliveryFAMs": pairs}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (aim(35, "SOF110", "LDM034"), "ADULT_SKILLS"),
        (aim(10), "COMM_LEARN"),
        (aim(70), "ESF"),
        (aim(25), "1619_EFA"),
        (aim(82), "1619_EFA"),
        (aim(99, "ADL1"), "ADV_LEARN_LOAN"),
        (aim(99), "ANY"),
        (aim(81), "ANY"),
        (aim(81, "ADL1"), None),
        (aim(36, "ADL1", ProgType=25), "ANY"),
        (aim(36, ProgType=3), None),
        (aim(35, "LDM034", ProgType=3, AimType=3), "OLASS_ADULT"),
        (aim(35, ProgType=3, AimType=3), "APPRENTICESHIPS"),
        (aim(36, ProgType=3, AimType=3), "APPRENTICESHIPS"),
        (aim(36, ProgType=3, AimType=3, LearnStartDate="2011-07-31"), None),
        (aim(35, ProgType=3, AimType=1), None),
        (aim(35, ProgType=25, AimType=3), None),
        (aim(35, LearnStartDate="2016-07-31"), "UNEMPLOYED"),
        (aim(35, LearnStartDate="2016-08-01"), "ADULT_SKILLS"),
        (aim(35, "LDM376"), None),
        (aim(35, ProgType=24), "ADULT_SKILLS"),
        (aim(37), None),
    ],
)
def test_the_category_of_2020_21(aims: Build, one: dict[str, Any], expected: str | None) -> None:
    b = aims(one, statuses=BENEFITS)
    assert validity_category_01(b).at(0) == expected
    assert validity_category_02(b).at(0) == expected


def test_restarts_have_no_category_of_the_first_kind_but_that_of_authorities(aims: Build) -> None:
    b = aims(aim(25, "RES1"), aim(35, "RES1"), aim(35, "RES1", "SOF110"))
    assert [validity_category_01(b).at(row) for row in range(3)] == [None, None, "ADULT_SKILLS"]
    expected = ["1619_EFA", "ADULT_SKILLS", "ADULT_SKILLS"]
    assert [validity_category_02(b).at(row) for row in range(3)] == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (aim(25, "LDM320"), "1416_EFA"),
        (aim(25, "LDM381", "RES1"), "1416_EFA"),
        (aim(25), "1619_EFA"),
        (aim(25, "RES1"), None),
        (aim(10, "SOF110"), "COMM_LEARN"),
        (aim(37), "ANY"),
        (aim(37, "ADL1"), None),
        (aim(36, ProgType=25), "ANY"),
        (aim(99, "ADL1"), "ADV_LEARN_LOAN"),
        (aim(35, "SOF123"), "MCA_GLA"),
        (aim(35, "SOF123", "LDM378"), None),
        (aim(35), "ADULT_SKILLS"),
        (aim(35, "LDM378"), None),
        (aim(35, "LDM034"), None),
        (aim(35, ProgType=25), None),
        (aim(70), None),
    ],
)
def test_the_category_of_2025_26(aims: Build, one: dict[str, Any], expected: str | None) -> None:
    assert validity_category_2025(aims(one, pack="2025-26")).at(0) == expected
