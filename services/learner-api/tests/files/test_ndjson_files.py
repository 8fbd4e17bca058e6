"""NDJSON: bad lines are bad records; only the first line can refuse the file."""

import io
import json
from typing import Any

import pytest

from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record_checks import check_record
from learner_api.domain.record_file import FileRefused, Limits


def lines_of(ilr: Any, *learners: Any) -> bytes:
    head = {name: ilr.head()[name] for name in ("Header", "LearningProvider")}
    lines = [head, *learners]
    texts = [item if isinstance(item, str) else json.dumps(item) for item in lines]
    return ("\n".join(texts) + "\n").encode()


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "{",
        '{"ULN": 1} trailing',
        "[]",
        "1",
        "null",
        '"text"',
        '{"ULN": NaN}',
        '{"ULN": -Infinity}',
        '{"ULN": 01}',
        '{"ULN": ' + "1" * 5_000 + "}",
        '{"ULN": ' + "[" * 100_000,
        '{"a":' * 50_000,
        '{"ULN": "\x01"}',
    ],
)
def test_a_line_that_is_no_json_object_is_one_bad_record(ilr: Any, line: str) -> None:
    content = lines_of(ilr, ilr.learner(0), line, ilr.learner(1))
    records = ilr.read(content)
    assert [record.reasons for record in records] == [(), ("schema",), ()]
    assert records[1].position == 2
    assert records[1].learn_ref_number is None
    assert records[1].data == {}
    assert "Line 3" in records[1].faults[0].message


@pytest.mark.parametrize("line", ["[]", "not json", "{}", '{"Learner": 1}', '{"ULN": 1}'])
def test_a_first_line_that_is_no_header_refuses_the_file(ilr: Any, line: str) -> None:
    refusal = ilr.refusal((line + "\n").encode() + lines_of(ilr), filename="x.ndjson")
    assert refusal.problem == "malformed-ndjson"
    assert refusal.context == {"line": 1}


def test_a_learner_in_the_header_is_refused(ilr: Any) -> None:
    head = ilr.head() | {"Learner": ilr.learner()}
    content = lines_of(ilr, ilr.learner()).split(b"\n", 1)[1]
    assert ilr.refusal(json.dumps(head).encode() + b"\n" + content).problem == "header-invalid"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("FamilyName", 5, "wrong-type"),
        ("FamilyName", True, "wrong-type"),
        ("ULN", True, "not-an-integer"),
        ("ULN", 9999999999.0, "not-an-integer"),
        ("ULN", 10**30, "out-of-range"),
        ("ULN", [9999999999], "repeated"),
        ("ULN", {"a": 1}, "wrong-type"),
        ("DateOfBirth", 20000101, "not-a-date"),
        ("FamilyName", "a\ud800", "characters"),
        ("FamilyName", "b\udfff", "characters"),
        ("FamilyName", "a\u0000", "characters"),
        ("Postcode", "CV1\u00002AA", "characters"),
        ("LearningDelivery", {}, "wrong-type"),
        ("LearningDelivery", "x", "wrong-type"),
        ("LearnerHE", "x", "wrong-type"),
        ("LearnerHE", [{"TTACCOM": 1}, {"TTACCOM": 1}], "repeated"),
        ("LearnerFAM", 1, "wrong-type"),
    ],
)
def test_a_wrong_shape_is_a_fault_and_is_kept_so_that_it_stays_one(
    ilr: Any, name: str, value: Any, code: str
) -> None:
    bad = ilr.learner() | {name: value}
    (record,) = ilr.read(lines_of(ilr, bad))
    assert record.reasons == ("schema",)
    assert (f"/{name}", code) in {(fault.pointer, fault.code) for fault in record.faults}
    stored = json.dumps(record.data, ensure_ascii=False).encode()
    assert b"\\u0000" not in stored
    again = {fault.pointer for fault in check_record(json.loads(stored))}
    assert again == {fault.pointer for fault in record.faults}


def test_a_row_that_is_no_object_is_a_fault(ilr: Any) -> None:
    bad = ilr.learner() | {"LearnerFAM": [5, {"LearnFAMType": "LSR", "LearnFAMCode": 36}]}
    (record,) = ilr.read(lines_of(ilr, bad))
    assert {fault.pointer for fault in record.faults} == {"/LearnerFAM/0"}
    assert {fault.pointer for fault in check_record(record.data)} == {"/LearnerFAM/0"}


def test_a_repeated_key_is_a_fault(ilr: Any) -> None:
    text = json.dumps(ilr.learner())
    for name in ("ULN", "LearningDelivery"):
        twice = text[:-1] + f', "{name}": {json.dumps(ilr.learner()[name])}' + "}"
        (record,) = ilr.read(lines_of(ilr, twice))
        assert record.reasons == ("schema",)
        assert record.faults[0].pointer.startswith(f"/{name}")


def test_an_unknown_key_is_a_fault_that_does_not_repeat_it(ilr: Any) -> None:
    (record,) = ilr.read(lines_of(ilr, ilr.learner() | {"Zzcanary": 1}))
    assert [fault.code for fault in record.faults] == ["unknown"]
    assert "Zzcanary" not in repr(record)


def test_null_and_blank_lines_mean_absent(ilr: Any) -> None:
    empty = ilr.learner() | {"CampId": None, "LearnerHE": None, "LearnerFAM": []}
    content = lines_of(ilr, empty).replace(b"\n", b"\n\n \t\n")
    (record,) = ilr.read(content)
    assert record.faults == ()
    assert not {"CampId", "LearnerHE", "LearnerFAM"} & record.data.keys()


@pytest.mark.parametrize(
    ("value", "kept"),
    [(50.5, "50.5"), (100, "100.0"), ("50.50", "50.5"), ("+.5", "0.5"), (300, "300.0"), (0.1, "0.1")],
)  # fmt: skip
def test_decimals_are_kept_exactly(ilr: Any, value: Any, kept: str) -> None:
    item = next(i for i in map(ilr.learner, range(200)) if "LearningDeliveryHE" in i["LearningDelivery"][0])  # fmt: skip
    item["LearningDelivery"][0]["LearningDeliveryHE"]["STULOAD"] = value
    (record,) = ilr.read(lines_of(ilr, item))
    assert record.faults == ()
    assert record.data["LearningDelivery"][0]["LearningDeliveryHE"]["STULOAD"] == kept


@pytest.mark.parametrize("value", [50.55, 300.1, 0, "5e1", "", " ", True, 1e300])
def test_decimals_out_of_bounds_are_faults(ilr: Any, value: Any) -> None:
    item = next(i for i in map(ilr.learner, range(200)) if "LearningDeliveryHE" in i["LearningDelivery"][0])  # fmt: skip
    item["LearningDelivery"][0]["LearningDeliveryHE"]["STULOAD"] = value
    (record,) = ilr.read(lines_of(ilr, item))
    expected = () if value in {"", " "} else ("schema",)
    assert record.reasons == expected


def test_a_line_of_a_hundred_megabytes_is_refused_early(ilr: Any) -> None:
    content = lines_of(ilr, ilr.learner()) + b'{"FamilyName": "' + b"a" * 100_000_000
    stream = io.BytesIO(content)
    with open_submission(stream) as file, pytest.raises(FileRefused) as caught:
        list(file.records())
    assert caught.value.problem == "record-too-large"
    assert caught.value.context == {"limit_bytes": Limits().max_record_bytes, "position": 2}
    assert stream.tell() < 2 * Limits().max_record_bytes
