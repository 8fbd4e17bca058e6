"""The forms in which records are compared."""

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learner_api.domain.record import (
    PersonKey,
    canonical,
    comparison_form,
    data_classes_of,
    person_key,
    usable_reference,
    usable_uln,
)
from matricula_contracts import fields
from matricula_testkit.ilr.learners import learner


def shuffled(value: Any, rng: Random) -> Any:
    if isinstance(value, dict):
        items = [(key, shuffled(item, rng)) for key, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [shuffled(item, rng) for item in value]
        rng.shuffle(items)
        return items
    return value


@given(index=st.integers(0, 300), seed=st.integers(0, 1000))
def test_order_nulls_and_empty_lists_do_not_change_the_canonical_form(
    index: int, seed: int
) -> None:
    item = learner(5, index)
    other = {"CampId": None, "LearnerFAM": []} | shuffled(item, Random(seed))  # noqa: S311 - repeatable test data
    assert canonical(other) == canonical(item)
    assert json.loads(canonical(item)).keys() == item.keys()


def test_a_changed_value_changes_the_canonical_form() -> None:
    item = learner(5, 0)
    changed = copy.deepcopy(item)
    changed["LearningDelivery"][0]["CompStatus"] = 9
    assert canonical(changed) != canonical(item)
    assert canonical(item | {"Postcode": "ZZ99 9ZZ"}) != canonical(item)


def test_faulty_records_have_a_canonical_form_too() -> None:
    odd = {"ULN": ["1", "x"], "LearnerFAM": [[], {"LearnFAMType": "x"}], "LearnerHE": [], "Sex": {}}
    assert json.loads(canonical(odd)) == {
        "LearnerFAM": [[], {"LearnFAMType": "x"}],
        "Sex": {},
        "ULN": ["1", "x"],
    }


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("O'Test", "O\u2019TEST"),
        ("O'Test", "otest"),
        ("Anne-Test", "anne test"),
        ("Anne\u2011Test", "Anne\u2013Test"),
        ("Stra\u00dfe", "STRASSE"),
        ("Te\u0301st", "T\u00e9st"),
        ("\uff34est", "Test"),
        ("Te\u00a0st", "Test"),
        ("\u01c5est", "\u01c4EST"),
    ],
)
def test_names_that_people_would_call_the_same_have_one_comparison_form(
    left: str, right: str
) -> None:
    assert comparison_form(left) == comparison_form(right) != ""


@pytest.mark.parametrize(("left", "right"), [("Test", "T\u00e9st"), ("Test", "Tests")])
def test_names_that_differ_in_a_letter_differ(left: str, right: str) -> None:
    assert comparison_form(left) != comparison_form(right)


@given(st.text())
def test_a_comparison_form_is_its_own(name: str) -> None:
    assert comparison_form(comparison_form(name)) == comparison_form(name)


def test_the_person_key_holds_what_is_usable() -> None:
    data = {"FamilyName": "O'Test-Name", "DateOfBirth": "2000-01-02"}
    assert person_key(data) == PersonKey("otestname", "2000-01-02")
    assert person_key({}) == PersonKey(None, None)
    assert person_key({"FamilyName": {}, "DateOfBirth": ["x"]}) == PersonKey(None, None)
    assert person_key({"FamilyName": " - ", "DateOfBirth": "2025-02-30"}) == PersonKey(None, None)


@pytest.mark.parametrize("value", ["", "AB/1", "A" * 13, 5, None, ["A"]])
def test_an_invalid_reference_is_not_usable(value: Any) -> None:
    assert usable_reference({"LearnRefNumber": value}) is None
    assert usable_reference({"LearnRefNumber": "AB 1"}) == "AB 1"


@pytest.mark.parametrize("value", ["9999999999", True, 999999999, 10**10, None])
def test_an_invalid_uln_is_not_usable(value: Any) -> None:
    assert usable_uln({"ULN": value}) is None
    assert usable_uln({"ULN": 9999999999}) == 9999999999


def test_data_classes_follow_the_catalogue() -> None:
    for index in range(200):
        item = learner(5, index)
        assert data_classes_of(item) == fields.data_classes_of("Learner", item)
    plain = {"LearnRefNumber": "A", "Ethnicity": 99, "LLDDHealthProb": 9}
    assert data_classes_of(plain) == {"ordinary"}
    assert data_classes_of(plain | {"Ethnicity": 31}) == {"ordinary", "special_category"}
    custody = {"LearningDeliveryFAM": [{"LearnDelFAMType": "LDM", "LearnDelFAMCode": "034"}]}
    assert "criminal_offence" in data_classes_of(plain | {"LearningDelivery": [custody]})


def test_data_classes_of_faulty_records_do_not_fail() -> None:
    odd = {
        "Ethnicity": {},
        "LearnerFAM": {},
        "LearningDelivery": [[], 5, {"LearningDeliveryFAM": 1}],
    }
    assert "special_category" in data_classes_of(odd)
