"""What LARS knows of aims and standards; what is absent is not run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries import lars, standards

Build = Callable[..., Batch]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
EVERY = np.array([True, True, True])
START = "2020-09-01"


def two(aims: Build, reference: Rows, **fields: Any) -> Batch:
    """Build three aims: one that LARS has, it again in other letters, and one it has not."""
    return aims(
        *(
            {"LearnAimRef": name, "LearnStartDate": START, **fields}
            for name in ("60000A", "60000a", "OTHER")
        ),
        reference=reference,
    )


def row(**values: Any) -> dict[str, Any]:
    return {"LearnAimRef": "60000A", **values}


def test_an_aim_exists_whatever_the_letter_case(aims: Build) -> None:
    b = two(aims, {"lars_learning_deliveries": [row()]})
    assert lars.aim_exists(b, EVERY).tolist() == [True, True, False]
    assert lars.aim_exists(b, np.array([False, True, True])).tolist() == [False, True, False]


def test_levels_types_and_codes_of_an_aim(aims: Build) -> None:
    delivery = row(
        NotionalNVQLevelv2="h",
        NotionalNVQLevel="3",
        LearnAimRefType="e007",
        EnglPrscID=2,
        LearnDirectClassSystemCode1="nul",
        LearnDirectClassSystemCode2=" ",
        LearnDirectClassSystemCode3="AB1",
    )
    b = two(aims, {"lars_learning_deliveries": [delivery]})
    known = [True, True, False]
    assert lars.nvq_level_is(b, EVERY, "4", "H").tolist() == known
    assert not lars.nvq_level_is_exactly(b, EVERY, "4", "H").any()
    assert lars.nvq_level_is_exactly(b, EVERY, "h").tolist() == known
    assert lars.old_nvq_level_is_exactly(b, EVERY, "3").tolist() == known
    assert lars.nvq_level(b, EVERY).at(2) is None
    assert lars.aim_type_is(b, EVERY, "E007").tolist() == known
    assert lars.english_prescribed_id_is(b, EVERY, 1, 2).tolist() == known
    assert not lars.english_prescribed_id_is(b, EVERY, 1).any()
    has_code = [lars.has_class_code(b, EVERY, number).tolist() for number in (1, 2, 3)]
    assert has_code == [[False] * 3, [False] * 3, known]


def test_categories_hold_at_any_date_or_at_one(aims: Build) -> None:
    b = two(
        aims,
        {
            "lars_categories": [
                row(CategoryRef=19, EffectiveFrom="2019-08-01", EffectiveTo="2020-08-31"),
                row(CategoryRef=37, EffectiveFrom=START),
            ]
        },
    )
    start = b.aims.LearnStartDate
    assert lars.has_category(b, EVERY, 19).tolist() == [True, True, False]
    assert not lars.has_category(b, EVERY, 20).any()
    assert not lars.has_category_at(b, EVERY, start, 19).any()
    assert lars.has_category_at(b, EVERY, start, 19, 37).tolist() == [True, True, False]


def test_annual_values_hold_at_any_date_or_at_one(aims: Build) -> None:
    values = {
        "BasicSkills": 1,
        "BasicSkillsType": 11,
        "FullLevel2EntitlementCategory": 1,
        "FullLevel3EntitlementCategory": 2,
        "FullLevel2Percent": 100,
        "FullLevel3Percent": 50,
    }
    past = row(EffectiveFrom="2018-08-01", EffectiveTo="2020-08-31", **values)
    now = row(EffectiveFrom=START)
    b = two(aims, {"lars_annual_values": [past, now]})
    known = [True, True, False]
    assert lars.has_basic_skills(b, EVERY, 1).tolist() == known
    assert lars.has_basic_skills_type(b, EVERY, 11, 12).tolist() == known
    assert not lars.has_basic_skills_type_at(b, EVERY, 11, 12).any()
    earlier = b.aims.LearnStartDate - 1
    assert lars.has_basic_skills_type_at(b, EVERY, 11, dates=earlier).tolist() == known
    assert lars.entitlement_level2_is(b, EVERY, 1).tolist() == known
    assert lars.entitlement_level3_is(b, EVERY, 2).tolist() == known
    assert not lars.percent_level2_is(b, EVERY, 100).any()
    assert lars.percent_level2_is(b, EVERY, 100, dates=earlier).tolist() == known
    assert lars.percent_level2_is_not(b, EVERY, 100).tolist() == known  # null is another
    assert not lars.percent_level2_is_not(b, EVERY, 100, dates=earlier).any()
    assert lars.percent_level3_is(b, EVERY, 50, dates=earlier).tolist() == known


@pytest.mark.parametrize(
    ("start", "end", "is_valid"),
    [
        (START, None, True),
        (START, START, True),
        ("2020-09-02", None, False),
        ("2019-08-01", "2020-08-31", False),
        ("2020-09-02", "2020-08-31", False),  # withdrawn
    ],
)
def test_validities_hold_from_start_to_end(
    aims: Build, start: str, end: str | None, *, is_valid: bool
) -> None:
    validity = row(ValidityCategory="adult_skills", StartDate=start, EndDate=end)
    b = two(aims, {"lars_validities": [validity]})
    dates = b.aims.LearnStartDate
    expected = [is_valid, is_valid, False]
    assert lars.is_valid_at(b, EVERY, dates).tolist() == expected
    assert lars.is_valid_at(b, EVERY, dates, "ANY", "ADULT_SKILLS").tolist() == expected
    assert not lars.is_valid_at(b, EVERY, dates, "ANY").any()


def test_frameworks_are_those_that_the_aim_names(aims: Build) -> None:
    own = {"ProgType": 3, "FworkCode": 445, "PwayCode": 1}
    framework = row(
        **own, FrameworkComponentType=3, StartDate="2019-08-01", EndDate=START, EffectiveTo=START
    )
    reference: Rows = {
        "lars_frameworks": [framework],
        "lars_learning_deliveries": [row(FrameworkCommonComponent=20)],
        "lars_framework_common_components": [own | {"CommonComponent": 20}],
    }
    b = two(aims, reference, **own)
    known = [True, True, False]
    start = b.aims.LearnStartDate
    assert lars.has_framework(b, EVERY).tolist() == known
    assert lars.has_framework_component(b, EVERY, 1, 3).tolist() == known
    assert lars.has_framework_component_at(b, EVERY, start, 1, 3).tolist() == known
    assert not lars.has_framework_component_at(b, EVERY, start + 1, 3).any()
    assert not lars.has_framework_component_at(b, EVERY, start, 1).any()
    assert lars.is_shared_component(b, EVERY).tolist() == known
    assert not lars.framework_ended(b, EVERY).any()

    b = two(aims, reference, **own | {"PwayCode": 2})
    assert not lars.has_framework(b, EVERY).any()
    assert lars.has_framework_component(b, EVERY, 3).tolist() == known
    assert not lars.is_shared_component(b, EVERY).any()


def test_a_framework_has_ended_the_day_after(aims: Build) -> None:
    own = {"ProgType": 3, "FworkCode": 445, "PwayCode": 1}
    ended = row(**own, StartDate="2019-08-01", EffectiveTo="2020-08-31")
    b = two(aims, {"lars_frameworks": [ended]}, **own)
    assert lars.framework_ended(b, EVERY).tolist() == [True, True, False]


def test_an_aim_of_another_component_is_not_shared(aims: Build) -> None:
    own = {"ProgType": 3, "FworkCode": 445, "PwayCode": 1}
    for component, pathway in ((21, 1), (20, 2), (None, 1)):
        b = two(
            aims,
            {
                "lars_frameworks": [row(**own, StartDate="2019-08-01")],
                "lars_learning_deliveries": [row(FrameworkCommonComponent=component)],
                "lars_framework_common_components": [
                    own | {"PwayCode": pathway, "CommonComponent": 20}
                ],
            },
            **own,
        )
        assert not lars.is_shared_component(b, EVERY).any()


def test_standards_and_their_validity(aims: Build) -> None:
    b = aims(
        *({"StdCode": code, "LearnStartDate": START} for code in (7, 8, None)),
        reference={
            "lars_standards": [{"StandardCode": 7, "NotionalEndLevel": "4"}],
            "lars_standard_validities": [
                {"StandardCode": 8, "StartDate": "2019-08-01", "EndDate": START},
                {"StandardCode": 7, "StartDate": START, "EndDate": "2019-08-01"},
            ],
        },
    )
    assert standards.standard_exists(b, EVERY).tolist() == [True, False, False]
    rows, table = standards.standard_rows(b, EVERY)
    assert rows.tolist() == [0, -1, -1]
    assert table.NotionalEndLevel.take(rows).at(0) == "4"
    dates = b.aims.LearnStartDate
    assert standards.is_valid_at(b, EVERY, dates).tolist() == [False, True, False]
    assert not standards.is_valid_at(b, EVERY, dates + 1).any()


QUESTIONS: list[Callable[[Batch, Mask], Any]] = [
    lars.aim_exists,
    lars.aim_rows,
    lars.nvq_level,
    lambda b, where: lars.has_category(b, where, 1),
    lambda b, where: lars.has_basic_skills_type_at(b, where, 1),
    lambda b, where: lars.is_valid_at(b, where, b.aims.LearnStartDate),
    lars.has_framework,
    lars.is_shared_component,
    standards.standard_exists,
    lambda b, where: standards.is_valid_at(b, where, b.aims.LearnStartDate),
]


@pytest.mark.parametrize("asked", QUESTIONS)
def test_whoever_asks_an_absent_table_is_not_run(
    learners: Build, asked: Callable[[Batch, Mask], Any]
) -> None:
    aim = {"LearnAimRef": "60000A", "LearnStartDate": START, "StdCode": 7}
    b = learners({"LearningDeliveries": [aim, aim]}, {"LearningDeliveries": [aim]})
    asked(b, np.array([False, False, False]))
    assert not b.not_run.any()
    asked(b, np.array([False, True, False]))
    assert b.not_run.tolist() == [True, False]
