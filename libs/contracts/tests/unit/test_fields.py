"""The field catalogue: what it holds, how it classifies values, where it has them kept."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_contracts import fields, policy


def test_the_record_has_its_22_entities_and_125_fields() -> None:
    assert len(fields.ENTITIES) == 22
    assert len(list(fields.all_fields())) == 125


def test_fields_stand_in_the_order_of_the_record() -> None:
    names = [item.name for item in fields.entity("Learner").fields]
    assert names[:8] == [
        "LearnRefNumber",
        "PrevLearnRefNumber",
        "PrevUKPRN",
        "PMUKPRN",
        "CampId",
        "ULN",
        "FamilyName",
        "GivenNames",
    ]
    assert names[-2:] == ["TelNo", "Email"]
    assert fields.entity("Learner").children[-1] == "LearningDelivery"


def test_a_field_is_found_by_entity_and_name_and_an_unknown_one_is_refused() -> None:
    assert fields.field("Learner", "ULN").type == "long"
    with pytest.raises(fields.UnknownFieldError) as refused:
        fields.field("Learner", "ShoeSize")
    assert (refused.value.entity, refused.value.name) == ("Learner", "ShoeSize")
    with pytest.raises(fields.UnknownFieldError):
        fields.entity("Parents")


@pytest.mark.parametrize(
    ("entity", "name", "value", "expected"),
    [
        ("Learner", "Ethnicity", 31, "special_category"),
        ("Learner", "Ethnicity", 99, "ordinary"),
        ("Learner", "Ethnicity", " 99 ", "ordinary"),
        ("Learner", "LLDDHealthProb", "2", "special_category"),
        ("Learner", "LLDDHealthProb", 9, "ordinary"),
        ("LLDDandHealthProblem", "LLDDCat", 99, "special_category"),
        ("LLDDandHealthProblem", "PrimaryLLDD", 1, "special_category"),
        ("LearningDelivery", "WithdrawReason", 28, "criminal_offence"),
        ("LearningDelivery", "WithdrawReason", "03", "special_category"),
        ("LearningDelivery", "WithdrawReason", 2, "ordinary"),
        ("Learner", "FamilyName", "99", "ordinary"),
    ],
)
def test_a_value_has_the_class_of_its_field_unless_the_value_says_otherwise(
    entity: str, name: str, value: object, expected: str
) -> None:
    assert fields.field(entity, name).class_of(value) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"LearnDelFAMType": "LDM", "LearnDelFAMCode": "034"}, "criminal_offence"),
        ({"LearnDelFAMType": "ldm", "LearnDelFAMCode": "34"}, "criminal_offence"),
        ({"LearnDelFAMType": "LDM", "LearnDelFAMCode": "363"}, "ordinary"),
        ({"LearnDelFAMType": "SOF", "LearnDelFAMCode": "034"}, "ordinary"),
        ({"LearnDelFAMType": "LDM"}, "ordinary"),
    ],
)
def test_only_the_mark_for_custody_makes_an_aims_mark_criminal_offence_data(
    row: dict[str, str], expected: str
) -> None:
    assert fields.entity("LearningDeliveryFAM").class_of_row(row) == expected


@pytest.mark.parametrize("kind", ["EHC", "DLA", "SEN", "HNS"])
def test_learner_marks_that_tell_of_health_are_special_category(kind: str) -> None:
    row = {"LearnFAMType": kind, "LearnFAMCode": 1}
    assert fields.entity("LearnerFAM").class_of_row(row) == "special_category"
    assert fields.entity("LearnerFAM").class_of_row({**row, "LearnFAMType": "EDF"}) == "ordinary"


def test_a_record_carries_the_classes_of_all_its_rows() -> None:
    learner: dict[str, Any] = {
        "LearnRefNumber": "A1",
        "Ethnicity": 99,
        "LLDDHealthProb": 9,
        "LearningDelivery": [{"AimSeqNumber": 1, "LearningDeliveryHE": {"TYPEYR": 1}}],
    }
    assert fields.data_classes_of("Learner", learner) == {"ordinary"}
    learner["LearningDelivery"].append(
        {"LearningDeliveryFAM": [{"LearnDelFAMType": "LDM", "LearnDelFAMCode": "034"}]}
    )
    assert fields.data_classes_of("Learner", learner) == {"ordinary", "criminal_offence"}
    learner["LLDDandHealthProblem"] = [{"LLDDCat": 4}]
    assert fields.data_classes_of("Learner", learner) == {
        "ordinary",
        "special_category",
        "criminal_offence",
    }


@pytest.mark.parametrize("absent", [None, ""])
def test_an_absent_value_has_no_class(absent: str | None) -> None:
    assert fields.data_classes_of("Learner", {"Ethnicity": absent}) == frozenset()


@given(st.text(max_size=6), st.text(max_size=6))
def test_classifying_never_fails_whatever_stands_in_the_record(kind: str, code: str) -> None:
    row = {"LearnDelFAMType": kind, "LearnDelFAMCode": code, "Unknown": [kind]}
    found = fields.data_classes_of("LearningDeliveryFAM", row)
    assert found <= set(fields.CLASSES)


def test_identifying_fields_are_kept_encrypted() -> None:
    block = {item.name for item in fields.all_fields() if item.storage == "identity_block"}
    assert block == {
        *("FamilyName", "GivenNames", "DateOfBirth", "ULN", "NINumber", "Sex", "TelNo", "Email"),
        *("PostcodePrior", "Postcode", "LSDPostcode", "DelLocPostCode", "HEPostCode"),
        *("AddLine1", "AddLine2", "AddLine3", "AddLine4", "UCASPERID", "SSN"),
        *("ProvSpecLearnMon", "ProvSpecDelMon"),
    }


def test_no_value_of_a_protected_class_is_kept_in_clear() -> None:
    for item in fields.all_fields():
        for value in ("1", "3", "9", "28", "99", *item.class_by_value):
            if item.class_of(value) != "ordinary":
                assert item.storage_of(value) == "special_block"
    assert fields.field("LearningDelivery", "WithdrawReason").storage_of(2) == "clear"


def test_a_value_that_changes_the_class_also_changes_who_may_see_it() -> None:
    reason = fields.field("LearningDelivery", "WithdrawReason")
    assert reason.visible_to_for(2) == "delivery:read"
    assert reason.visible_to_for(3) == "learner.special:read"
    assert reason.visible_to_for(28) == "learner.criminal:read"


def test_every_field_names_permissions_and_purposes_that_the_policy_knows() -> None:
    purposes = policy.DOCUMENT["purposes"]
    for item in fields.all_fields():
        assert item.visible_to in policy.DOCUMENT["permissions"]
        assert item.purposes
        assert all(item.data_class in purposes[name]["classes"] for name in item.purposes), item


def test_every_class_has_its_lawful_bases() -> None:
    assert set(fields.LAWFUL_BASES_BY_CLASS) == set(fields.CLASSES)
    assert fields.LAWFUL_BASES_BY_CLASS["special_category"] == (
        "art6_1_e",
        "art9_2_g",
        "sch1_para6",
    )
    for item in fields.all_fields():
        assert item.lawful_bases == fields.LAWFUL_BASES_BY_CLASS[item.data_class]


def test_the_header_is_no_personal_data_and_everything_about_the_learner_is() -> None:
    for item in fields.all_fields():
        is_learner = fields.entity(item.entity).path.split(".")[0] == "Learner"
        assert item.person == is_learner


def test_the_field_set_that_the_retention_policy_names_is_covered() -> None:
    # P-127: name, gender, birth, ethnicity, learning difficulties, NI number, ULN, address,
    # domicile, telephone, e-mail, EHCP, GCSE grades, employment status, support reasons
    for entity, name in (
        *(("Learner", n) for n in ("FamilyName", "GivenNames", "Sex", "DateOfBirth", "Ethnicity")),
        *(("Learner", n) for n in ("LLDDHealthProb", "NINumber", "ULN", "AddLine1", "Postcode")),
        *(("Learner", n) for n in ("TelNo", "Email", "MathGrade", "EngGrade")),
        ("LLDDandHealthProblem", "LLDDCat"),
        ("LearningDeliveryHE", "PERMADDCOUNTRY"),
        ("LearnerFAM", "LearnFAMType"),
        ("LearnerEmploymentStatus", "EmpStat"),
    ):
        assert fields.field(entity, name).person


def test_column_and_table_names_are_snake_case_and_distinct() -> None:
    assert fields.field("LearningDelivery", "LSDPostcode").column == "lsd_postcode"
    assert fields.field("LearningDelivery", "OTJActHours").column == "otj_act_hours"
    assert fields.entity("LLDDandHealthProblem").table == "lldd_and_health_problem"
    tables = [item.table for item in fields.ENTITIES.values()]
    assert len(set(tables)) == len(tables)
    for entity in fields.ENTITIES.values():
        columns = [item.column for item in entity.fields]
        assert len(set(columns)) == len(columns)


def test_the_csv_form_has_one_column_for_each_distinct_name() -> None:
    assert fields.CSV_COLUMNS[0] == "record"
    assert len(set(fields.CSV_COLUMNS)) == len(fields.CSV_COLUMNS)
    assert set(fields.CSV_COLUMNS[1:]) == {item.name for item in fields.all_fields()}


def test_parents_stand_before_their_children_and_paths_follow_them() -> None:
    places = {name: place for place, name in enumerate(fields.ENTITIES)}
    for parent, child in itertools.chain.from_iterable(
        ((entity.name, child) for child in entity.children) for entity in fields.ENTITIES.values()
    ):
        assert places[parent] < places[child]
        assert fields.entity(child).path == f"{fields.entity(parent).path}.{child}".lstrip(".")
