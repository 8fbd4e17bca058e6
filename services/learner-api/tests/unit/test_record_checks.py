"""The checks of one record as a front end meets them: JSON in, faults with pointers out."""

import copy
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learner_api.domain.record import Fault, reasons_of
from learner_api.domain.record_checks import MAX_FAULTS, check_fields, check_record, read_record
from learner_api.domain.record_digits import employer_id_check_digit_fits, uln_check_digit_fits
from learner_api.domain.record_model import PLANS
from matricula_contracts import fields
from matricula_testkit.ilr.learners import learner


def codes(faults: Sequence[Fault]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults]


# check digits


@pytest.mark.parametrize("uln", [9999999999, 1000000027, 1000000108])
def test_a_uln_with_the_right_check_digit_fits(uln: int) -> None:
    weighted = sum(int(d) * w for d, w in zip(str(uln), range(10, 0, -1), strict=True))
    assert uln == 9999999999 or weighted % 11 == 10
    assert uln_check_digit_fits(uln)


def test_exactly_one_last_digit_fits_a_uln_or_none() -> None:
    for stem in range(100_000_000, 100_000_400):
        fitting = [last for last in range(10) if uln_check_digit_fits(stem * 10 + last)]
        remainder = sum(int(d) * w for d, w in zip(str(stem), range(10, 1, -1), strict=True)) % 11
        assert fitting == ([] if remainder == 0 else [10 - remainder])


@pytest.mark.parametrize(
    "employer",
    [100000002, 100000010, 100000029, 100000045, 100000053, 100000061, 100000088, 999999999],
)
def test_an_employer_id_with_the_right_check_digit_fits(employer: int) -> None:
    assert employer_id_check_digit_fits(employer)


@pytest.mark.parametrize("employer", [100000003, 100000030, 12345678, 0, -100000002, 1000000000])
def test_an_employer_id_with_a_wrong_digit_or_length_does_not_fit(employer: int) -> None:
    assert not employer_id_check_digit_fits(employer)


def test_an_employer_id_whose_check_would_be_ten_fits_no_digit() -> None:
    stems = range(10_000_000, 10_000_400)
    without = [s for s in stems if not any(employer_id_check_digit_fits(s * 10 + d) for d in range(10))]  # fmt: skip
    for stem in without:
        total = sum(int(d) * w for d, w in zip(str(stem), range(9, 1, -1), strict=True))
        assert 11 - total % 11 == 10
    assert 20 < len(without) < 60


# whole records


def test_a_generated_learner_has_no_faults_and_reads_as_itself() -> None:
    for index in range(100):
        item = learner(3, index)
        data, faults = read_record(item)
        assert faults == ()
        assert check_record(data) == ()
        assert read_record(data)[0] == data
        assert data["ULN"] == item["ULN"]


def test_dates_and_decimals_may_come_as_python_values() -> None:
    item = next(i for i in (learner(3, n) for n in range(200)) if "LearningDeliveryHE" in i["LearningDelivery"][0])  # fmt: skip
    item["DateOfBirth"] = date(1990, 1, 2)
    for given_value in (Decimal("50.5"), 50.5, "50.5"):
        item["LearningDelivery"][0]["LearningDeliveryHE"]["STULOAD"] = given_value
        data, faults = read_record(item)
        assert faults == ()
        assert data["DateOfBirth"] == "1990-01-02"
        assert data["LearningDelivery"][0]["LearningDeliveryHE"]["STULOAD"] == "50.5"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ULN", "9999999999"), ("ULN", True), ("ULN", 9999999999.0), ("Accom", " 5"), ("Accom", ""),
        ("DateOfBirth", "1990-01-02Z"), ("DateOfBirth", " 1990-01-02"), ("DateOfBirth", ""),
        ("DateOfBirth", datetime(1990, 1, 2)), ("DateOfBirth", 19900102), ("FamilyName", ""),  # noqa: DTZ001
        ("FamilyName", None.__class__), ("CampId", ""),
    ],
)  # fmt: skip
def test_keyed_in_values_must_have_their_json_type(name: str, value: Any) -> None:
    faults = check_record(learner(3, 0) | {name: value})
    assert [fault.pointer for fault in faults] == [f"/{name}"]
    assert reasons_of(faults) == ("schema",)


def test_pointers_lead_to_the_value() -> None:
    item = copy.deepcopy(learner(3, 0))
    item["LearningDelivery"][0]["AppFinRecord"] = [
        {"AFinType": "TNP", "AFinCode": 1, "AFinDate": "2025-08-01", "AFinAmount": 1},
        {"AFinType": "TNP", "AFinCode": 1, "AFinDate": "2025-08-32", "AFinAmount": 1_000_000},
    ]
    pointers = [fault.pointer for fault in check_record(item)]
    assert pointers == [
        "/LearningDelivery/0/AppFinRecord/1/AFinDate",
        "/LearningDelivery/0/AppFinRecord/1/AFinAmount",
    ]


def test_missing_things_are_listed_in_the_order_of_the_record() -> None:
    assert codes(check_record({})) == [
        (f"/{name}", "missing")
        for name in ("LearnRefNumber", "ULN", "Ethnicity", "Sex", "LLDDHealthProb", "PostcodePrior",
                     "Postcode", "LearningDelivery")
    ]  # fmt: skip


def test_nulls_and_empty_lists_are_absent_but_do_not_satisfy_what_is_required() -> None:
    item = learner(3, 0) | {"CampId": None, "LearnerHE": None, "ULN": None, "LearningDelivery": []}
    data, faults = read_record(item)
    assert codes(faults) == [("/ULN", "missing"), ("/LearningDelivery", "missing")]
    assert "CampId" not in data


def test_the_list_of_schema_faults_ends_and_other_reasons_still_follow() -> None:
    item = learner(3, 0) | {"ULN": 1234567890, "LearnerEmploymentStatus": [{}] * 500}
    faults = check_record(item)
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1].reason == "uln_check_digit"


def test_checks_between_fields_skip_what_could_not_be_read() -> None:
    item = copy.deepcopy(learner(3, 0))
    item["DateOfBirth"] = "9999-99-99"
    item["LearningDelivery"][0]["LearnActEndDate"] = "0000"
    item["LearnerEmploymentStatus"] = [5, {"EmpId": "x"}]
    item["LearningDelivery"].append("aim")
    assert reasons_of(check_record(item)) == ("schema",)


# one entity


def test_a_change_needs_only_what_it_changes() -> None:
    assert check_fields("Learner", {"FamilyName": "Test"}, partial=True) == ()
    assert check_fields("Learner", {"CampId": None}, partial=True) == ()
    assert codes(check_fields("Learner", {"ULN": None}, partial=True)) == [("/ULN", "missing")]


def test_a_whole_entity_needs_all_that_is_required() -> None:
    fam = {"LearnFAMType": "LSR"}
    assert codes(check_fields("LearnerFAM", fam, partial=False)) == [("/LearnFAMCode", "missing")]
    assert check_fields("LearnerFAM", fam | {"LearnFAMCode": 36}, partial=False) == ()
    both = check_fields("LearnerFAM", fam | {"LearnFAMCode": None}, partial=False)
    assert codes(both) == [("/LearnFAMCode", "missing")]


@pytest.mark.parametrize(
    ("entity", "values", "expected"),
    [
        ("Learner", {"ULN": 1234567890}, ("/ULN", "check-digit")),
        ("LearnerEmploymentStatus", {"EmpId": 100000003}, ("/EmpId", "check-digit")),
        ("LearningDeliveryWorkPlacement", {"WorkPlaceEmpId": 1}, ("/WorkPlaceEmpId", "check-digit")),
        ("LearningDelivery", {"LearnStartDate": "2025-09-01", "LearnPlanEndDate": "2025-08-31"},
         ("/LearnPlanEndDate", "before-start")),
        ("LearningDelivery", {"AimSeqNumber": 99}, ("/AimSeqNumber", "out-of-range")),
        ("Learner", {"Zzcanary": 1}, ("", "unknown")),
        ("Learner", {"LearnerHE": {}}, ("", "unknown")),
    ],
)  # fmt: skip
def test_a_change_is_checked_like_the_record(entity: Any, values: Any, expected: Any) -> None:
    faults = check_fields(entity, values, partial=True)
    assert codes(faults) == [expected]
    assert "Zzcanary" not in repr(faults)


def test_an_unknown_entity_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        check_fields("Shoe", {}, partial=True)


# anything at all

ANY_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.text(st.characters(categories=["Cs", "Cc"]), max_size=3),
        st.sampled_from(["2025-02-30", "2025-08-01", "9999999999", "A1"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from([*fields.ENTITIES, *fields.CSV_COLUMNS]), st.text(max_size=3)),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=25,
)  # fmt: skip


@given(item=ANY_JSON.filter(lambda value: isinstance(value, dict)), lenient=st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_object_whatsoever_breaks_the_checks_and_what_is_kept_stays_faulty(
    *, item: Any, lenient: bool
) -> None:
    data, faults = read_record(item, lenient=lenient)
    stored = json.loads(json.dumps(data, allow_nan=False).encode())
    assert "\\u0000" not in json.dumps(data)
    again = {(fault.reason, fault.pointer) for fault in check_record(stored)}
    first = {(fault.reason, fault.pointer) for fault in faults if fault.code != "unknown"}
    assert first == again or len(faults) >= MAX_FAULTS


@given(
    entity=st.sampled_from(sorted(PLANS)),
    values=st.dictionaries(st.sampled_from(fields.CSV_COLUMNS), ANY_JSON, max_size=5),
    partial=st.booleans(),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_no_change_whatsoever_breaks_the_checks(*, entity: Any, values: Any, partial: bool) -> None:
    for fault in check_fields(entity, values, partial=partial):
        assert fault.reason
        assert fault.pointer == "" or fault.pointer[1:] in fields.CSV_COLUMNS
