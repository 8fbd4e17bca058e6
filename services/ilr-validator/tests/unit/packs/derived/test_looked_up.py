"""Derived data that ask LARS, organisations or the year before: DD27, 29, 31, 35, 39, 40."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.packs.derived import category_ref, dd27, dd29, dd31, dd35, dd39, dd40

Build = Callable[..., Batch]
UKPRN = 10_000_001


@pytest.mark.parametrize(
    ("legal_type", "expected"),
    [
        ("USFC", True),
        ("SSPS", True),
        ("ULEA", True),
        ("usfc", False),
        ("PLBG", False),
        (None, False),
    ],
)
def test_dd27_knows_colleges_and_grant_funded_providers(
    aims: Build, legal_type: str | None, *, expected: bool
) -> None:
    b = aims({}, {}, reference={"organisations": [{"UKPRN": UKPRN, "LegalOrgType": legal_type}]})
    where = np.array([True, False])
    assert dd27.is_college_or_grant_funded(b, b.aims, where).tolist() == [expected, False]


def test_dd27_asks_nothing_for_nobody(aims: Build) -> None:
    b = aims({}, ukprn=np.nan)
    assert not dd27.is_college_or_grant_funded(b, b.aims, np.array([False])).any()
    assert not b.not_run.any()
    dd27.is_college_or_grant_funded(b, b.aims, np.array([True]))
    assert b.not_run.all()


def test_dd29_knows_work_experience_and_preparation_of_traineeships(aims: Build) -> None:
    categories = [
        {"LearnAimRef": name, "CategoryRef": category}
        for name, category in (("prep", 2), ("WORK", 4), ("other", 19), ("other", 37))
    ]
    b = aims(
        *({"ProgType": 24, "LearnAimRef": name} for name in ("PREP", "work", "other", "unknown")),
        {"ProgType": 25, "LearnAimRef": "PREP"},
        reference={"lars_categories": categories},
    )
    found = dd29.is_inflexible_training(b, np.ones(5, bool))
    assert found.tolist() == [True, True, False, False, False]
    assert not dd29.is_inflexible_training(b, np.zeros(5, bool)).any()


@pytest.mark.parametrize(
    ("kind", "start", "end", "expected"),
    [
        (1, "2019-08-01", None, True),
        (35, "2020-09-01", "2020-09-01", True),
        (36, "2019-08-01", None, False),
        (1, "2020-09-02", None, False),
        (1, "2019-08-01", "2020-08-31", False),
        (1, "2020-09-01", "2020-08-31", False),
    ],
)
def test_dd31_and_dd40_know_english_and_maths_at_the_start(
    aims: Build, kind: int, start: str, end: str | None, *, expected: bool
) -> None:
    value = {"LearnAimRef": "AIM", "BasicSkillsType": kind, "EffectiveFrom": start}
    b = aims(
        *(
            {"LearnAimRef": "aim", "FundModel": model, "LearnStartDate": "2020-09-01"}
            for model in (35, 38, 36)
        ),
        reference={"lars_annual_values": [value | {"EffectiveTo": end}]},
    )
    everywhere = np.ones(3, bool)
    assert dd31.is_english_or_maths(b, everywhere).tolist() == [expected, False, False]
    assert dd40.is_english_or_maths(b, everywhere).tolist() == [False, expected, False]


@pytest.mark.parametrize(("pack", "last"), [("2020-21", 117), ("2025-26", 123)])
def test_dd35_knows_the_authorities_of_a_year(learners: Build, pack: str, last: int) -> None:
    codes = list(range(105, 126))
    deliveries = [
        {
            "FundModel": 35 + code % 2,
            "LearningDeliveryFAMs": [{"LearnDelFAMType": "sof", "LearnDelFAMCode": str(code)}],
        }
        for code in codes
    ]
    b = learners({"LearningDeliveries": deliveries}, pack=pack)
    expected = [110 <= code <= last for code in codes]
    assert dd35.is_combined_authority(b).tolist() == expected
    categories = [
        41 if one and code % 2 == 0 else None for one, code in zip(expected, codes, strict=True)
    ]
    given = [None if np.isnan(one) else one for one in category_ref.category_ref_01(b)]
    assert given == categories


# DD39.

PRIOR = {
    "UKPRN": UKPRN,
    "ULN": 1_000_000_027,
    "LearnRefNumber": "abc",
    "LearnAimRef": "aim",
    "LearnStartDate": "2019-10-01",
    "FundModel": 36,
    "ProgType": 25,
    "StdCode": 7,
}
AIM = {
    "LearnAimRef": "AIM",
    "LearnStartDate": "2019-10-01",
    "FundModel": 36,
    "ProgType": 25,
    "StdCode": 7,
}


def found(aims: Build, aim: dict[str, Any], *rows: dict[str, Any], **learner: Any) -> int:
    own = {"LearnRefNumber": "ABC", "ULN": 1_000_000_027, **learner}
    b = aims(AIM | aim, **own, reference={"prior_year_learners": rows})
    given, _ = dd39.previous_year_aim(b, np.array([True]))
    return int(given[0])


def test_dd39_finds_the_aim_whatever_the_letter_case(aims: Build) -> None:
    assert found(aims, {}, PRIOR | {"ULN": 1}, PRIOR, PRIOR) == 1
    assert found(aims, {}) == -1


@pytest.mark.parametrize(
    "change",
    [
        {"ULN": 1},
        {"LearnRefNumber": "other"},
        {"LearnAimRef": "other"},
        {"LearnStartDate": "2019-10-02"},
        {"FundModel": 35},
        {"ProgType": 24},
        {"ProgType": None},
        {"StdCode": 8},
        {"UKPRN": 10_000_009},
    ],
)
def test_dd39_wants_learner_provider_and_aim_alike(aims: Build, change: dict[str, Any]) -> None:
    assert found(aims, {}, PRIOR | change) == -1


@pytest.mark.parametrize("name", ["ProgType", "StdCode", "FworkCode", "PwayCode"])
def test_dd39_compares_the_programme_only_where_the_aim_has_one(aims: Build, name: str) -> None:
    assert found(aims, {name: None}, PRIOR | {name: 99}) == 0
    assert found(aims, {name: 99}, PRIOR | {name: None}) == -1


def test_dd39_looks_under_the_previous_number_after_the_own(aims: Build) -> None:
    earlier = PRIOR | {"LearnRefNumber": "OLD"}
    assert found(aims, {}, earlier, PrevLearnRefNumber="old") == 0
    assert found(aims, {}, earlier, PRIOR, PrevLearnRefNumber="old") == 1
    assert found(aims, {}, earlier) == -1


def test_dd39_takes_any_provider_of_then_for_any_of_now(aims: Build) -> None:
    elsewhere = PRIOR | {"UKPRN": 10_000_002, "PrevUKPRN": 10_000_003, "PMUKPRN": 10_000_004}
    assert found(aims, {}, elsewhere) == -1
    assert found(aims, {}, elsewhere, PrevUKPRN=10_000_002) == 0
    assert found(aims, {}, elsewhere, PMUKPRN=10_000_004) == 0
    assert found(aims, {}, PRIOR | {"UKPRN": 10_000_002, "PMUKPRN": UKPRN}) == 0


def test_dd39_leaves_a_learner_not_run_without_the_year_before(aims: Build) -> None:
    b = aims(AIM, LearnRefNumber="ABC")
    dd39.previous_year_aim(b, np.array([False]))
    assert not b.not_run.any()
    rows, _ = dd39.previous_year_aim(b, np.array([True]))
    assert rows.tolist() == [-1]
    assert b.not_run.all()
