"""What holds for every format: the same learners give the same records, good and bad ones."""

import codecs
import copy
import tracemalloc
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pytest

from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record_checks import check_record
from learner_api.domain.record_file import Limits

Change = Callable[[dict[str, Any]], None]

pytestmark = pytest.mark.parametrize("kind", ["xml", "csv", "ndjson"])


def test_every_format_gives_the_same_data(ilr: Any, kind: str) -> None:
    learners = ilr.learners(80)
    in_xml = [record.data for record in ilr.read(ilr.write("xml", learners))]
    assert [record.data for record in ilr.read(ilr.write(kind, learners))] == in_xml


def aim(item: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = item["LearningDelivery"][index]
    return found


def two_aims(item: dict[str, Any]) -> dict[str, Any]:
    first = aim(item)
    second = copy.deepcopy(first) | {"AimSeqNumber": 2}
    item["LearningDelivery"] = [first | {"AimSeqNumber": 1}, second]
    return item


def changed(**fields: Any) -> Change:
    def change(item: Any) -> None:
        item.update(fields)

    return change


def changed_aim(**fields: Any) -> Change:
    def change(item: Any) -> None:
        aim(item).update(fields)

    return change


def aims(count: int) -> Change:
    def change(item: Any) -> None:
        first = aim(item)
        item["LearningDelivery"] = [
            copy.deepcopy(first) | {"AimSeqNumber": number} for number in range(1, count + 1)
        ]

    return change


def repeating_aims(item: dict[str, Any]) -> None:
    aims(99)(item)
    aim(item, 98)["AimSeqNumber"] = 98


def employed(employer: int) -> Change:
    def change(item: Any) -> None:
        item["LearnerEmploymentStatus"] = [
            {"EmpStat": 10, "DateEmpStatApp": "2024-01-01", "EmpId": employer}
        ]

    return change


def placed(employer: int) -> Change:
    def change(item: Any) -> None:
        aim(item)["LearningDeliveryWorkPlacement"] = [
            {
                "WorkPlaceStartDate": "2025-09-01",
                "WorkPlaceHours": 40,
                "WorkPlaceMode": 1,
                "WorkPlaceEmpId": employer,
            }
        ]

    return change


def same_sequence(item: Any) -> None:
    two_aims(item)
    aim(item, 1)["AimSeqNumber"] = 1


def plan_before_start(item: Any) -> None:
    aim(item).update(LearnStartDate="2025-09-01", LearnPlanEndDate="2025-08-31")


def end_before_start(item: Any) -> None:
    aim(item).update(LearnStartDate="2025-09-01", LearnActEndDate="2025-08-31")


def born_after_start(item: Any) -> None:
    two_aims(item)
    aim(item, 0)["LearnStartDate"] = "2025-09-02"
    aim(item, 1)["LearnStartDate"] = "2025-09-01"
    for index in (0, 1):
        aim(item, index)["LearnPlanEndDate"] = "2026-07-01"
        aim(item, index).pop("LearnActEndDate", None)
    item["DateOfBirth"] = "2025-09-02"


def without(name: str) -> Change:
    def change(item: Any) -> None:
        item.pop(name, None)

    return change


BAD = {
    "99 aims": (aims(99), {"schema"}),
    "99 aims with 98 numbers": (repeating_aims, {"schema", "duplicate_aim_sequence"}),
    "30 February": (changed_aim(LearnStartDate="2025-02-30"), {"schema"}),
    "30 February of birth": (changed(DateOfBirth="2025-02-30"), {"schema"}),
    "space inside a number": (changed(ULN="99999 99999"), {"schema"}),
    "space inside a date": (changed(DateOfBirth="2000-01 -01"), {"schema"}),
    "no-break space around a number": (changed(ULN="9999999999\u00a0"), {"schema"}),
    "separator in a number": (changed(ULN="9_999_999_999"), {"schema"}),
    "digits of another script": (changed(ULN="\uff11234567890"), {"schema"}),
    "fraction in an integer": (changed(Accom="5.0"), {"schema"}),
    "exponent in an integer": (changed(Accom="5e0"), {"schema"}),
    "number of five thousand digits": (changed(Accom="1" * 5_000), {"schema"}),
    "date without hyphens": (changed(DateOfBirth="20000101"), {"schema"}),
    "week date": (changed(DateOfBirth="2000-W01-1"), {"schema"}),
    "date of the British form": (changed(DateOfBirth="01/02/2000"), {"schema"}),
    "date and time": (changed(DateOfBirth="2000-01-01T00:00:00"), {"schema"}),
    "year 0": (changed(DateOfBirth="0000-01-01"), {"schema"}),
    "year 12000": (changed(DateOfBirth="12000-01-01"), {"schema"}),
    "required field missing": (without("Ethnicity"), {"schema"}),
    "required field empty": (changed(Postcode=""), {"schema"}),
    "reference missing": (without("LearnRefNumber"), {"schema"}),
    "no aims": (without("LearningDelivery"), {"schema"}),
    "ULN too short": (changed(ULN="123456789"), {"schema"}),
    "ULN too long": (changed(ULN="12345678901"), {"schema"}),
    "digit in a name": (changed(FamilyName="Test3"), {"schema"}),
    "character outside the set": (changed(Postcode="CV1 \u00e92AA"), {"schema"}),
    "text too long": (changed(Postcode="CV1 2AAAA"), {"schema"}),
    "tab in a text": (changed(AddLine1="1 High\tStreet"), {"schema"}),
    "line break in a name": (changed(FamilyName="Test\nTest"), {"schema"}),
    "23 kinds of difficulty": (
        changed(LLDDandHealthProblem=[{"LLDDCat": 4}] * 23), {"schema"}
    ),
    "ULN check digit": (changed(ULN=1234567890), {"uln_check_digit"}),
    "employer check digit": (employed(100000003), {"employer_id_check_digit"}),
    "employer of eight digits": (employed(10000000), {"employer_id_check_digit"}),
    "employer of ten digits": (employed(1000000000), {"schema"}),
    "placement check digit": (placed(100000003), {"employer_id_check_digit"}),
    "same sequence number": (same_sequence, {"duplicate_aim_sequence"}),
    "planned end before start": (plan_before_start, {"dates_inconsistent"}),
    "actual end before start": (end_before_start, {"dates_inconsistent"}),
    "birth after the start of one aim": (born_after_start, {"dates_inconsistent"}),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), BAD.values(), ids=BAD)
def test_a_bad_record_is_quarantined_for_its_reason_and_stops_nothing(
    ilr: Any, kind: str, change: Any, expected: Any
) -> None:
    bad = copy.deepcopy(ilr.learner(1))
    change(bad)
    before, after = ilr.learner(0), ilr.learner(2)
    records = ilr.read(ilr.write(kind, [before, bad, after]))
    assert [set(record.reasons) for record in records] == [set(), expected, set()]
    assert [record.position for record in records] == [1, 2, 3]


@pytest.mark.parametrize(("change", "expected"), BAD.values(), ids=BAD)
def test_checking_the_kept_data_again_finds_the_same_faults(
    ilr: Any, kind: str, change: Any, expected: Any
) -> None:
    bad = copy.deepcopy(ilr.learner(1))
    change(bad)
    (record,) = ilr.read(ilr.write(kind, [bad]))
    again = check_record(record.data)
    assert {(f.reason, f.pointer) for f in again} == {(f.reason, f.pointer) for f in record.faults}


def test_every_reason_that_applies_is_given(ilr: Any, kind: str) -> None:
    bad = copy.deepcopy(ilr.learner(1))
    for change in (same_sequence, changed(ULN=1234567890, Accom="x"), employed(100000003)):
        change(bad)
    aim(bad, 1).update(LearnStartDate="2025-09-01", LearnActEndDate="2025-08-31")
    (record,) = ilr.read(ilr.write(kind, [bad]))
    assert record.reasons == (
        "dates_inconsistent",
        "duplicate_aim_sequence",
        "employer_id_check_digit",
        "schema",
        "uln_check_digit",
    )


def test_a_bad_reference_or_uln_leaves_the_other_usable(ilr: Any, kind: str) -> None:
    first = copy.deepcopy(ilr.learner(0)) | {"ULN": "abc"}
    second = copy.deepcopy(ilr.learner(1)) | {"LearnRefNumber": "AB/1"}
    records = ilr.read(ilr.write(kind, [first, second]))
    assert records[0].learn_ref_number == first["LearnRefNumber"]
    assert records[1].learn_ref_number is None
    assert records[1].data["ULN"] == second["ULN"]
    assert [record.reasons for record in records] == [("schema",), ("schema",)]


GOOD = {
    "98 aims": (aims(98), None, None),
    "temporary ULN": (changed(ULN=9999999999), "ULN", 9999999999),
    "padded integer": (changed(Accom="005"), "Accom", 5),
    "plus sign": (changed(Accom="+5"), "Accom", 5),
    "minus nought": (changed(Accom="-0"), "Accom", 0),
    "very padded integer": (changed(Accom="0" * 5_000 + "5"), "Accom", 5),
    "very padded negative": (changed(Accom="-" + "0" * 5_000 + "5"), "Accom", -5),
    "spaces around a number": (changed(Accom=" 5\n"), "Accom", 5),
    "spaces around a date": (changed(DateOfBirth=" 1990-01-02\t"), "DateOfBirth", "1990-01-02"),
    "date in Greenwich": (changed(DateOfBirth="1990-01-02Z"), "DateOfBirth", "1990-01-02"),
    "date with an offset": (changed(DateOfBirth="1990-01-02+01:00"), "DateOfBirth", "1990-01-02"),
    "leap day": (changed(DateOfBirth="1992-02-29"), "DateOfBirth", "1992-02-29"),
    "employer not known": (employed(999999999), None, None),
    "placement with an employer not known": (placed(999999999), None, None),
    "check digit nought": (employed(100000010), None, None),
    "names in any alphabet": (
        changed(FamilyName="\u0141uk\u00e1cs-\u03a9\u6f22\U00020000 O\u2019T\u00e9st", GivenNames="\u0622\u0632"),
        "FamilyName", "\u0141uk\u00e1cs-\u03a9\u6f22\U00020000 O\u2019T\u00e9st",
    ),
    "name of a hundred characters": (changed(FamilyName="\U00020000" * 100), None, None),
    "spaces kept in a text": (changed(LearnRefNumber=" A 1 "), "LearnRefNumber", " A 1 "),
    "address with a backslash": (changed(AddLine1="Flat 1\\2, High St"), "AddLine1", "Flat 1\\2, High St"),
    "birth on the day of the start": (
        lambda item: item.update(DateOfBirth=aim(item)["LearnStartDate"]), None, None,
    ),
    "end on the day of the start": (
        lambda item: aim(item).update(LearnPlanEndDate=aim(item)["LearnStartDate"]), None, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "field", "value"), GOOD.values(), ids=GOOD)
def test_what_the_record_model_allows_is_taken(
    ilr: Any, kind: str, change: Any, field: Any, value: Any
) -> None:
    good = copy.deepcopy(ilr.learner(0))
    aim(good).pop("LearnActEndDate", None)
    change(good)
    (record,) = ilr.read(ilr.write(kind, [good]))
    assert record.faults == ()
    if field is not None:
        assert record.data[field] == value
    assert check_record(record.data) == ()


def test_a_byte_order_mark_is_taken(ilr: Any, kind: str) -> None:
    content = codecs.BOM_UTF8 + ilr.write(kind, ilr.learners(2))
    assert ilr.reasons(content) == [(), ()]


def test_windows_and_unix_line_ends_are_taken(ilr: Any, kind: str) -> None:
    content = ilr.write(kind, ilr.learners(2)).replace(b"\r\n", b"\n")
    assert ilr.reasons(content) == [(), ()]
    assert ilr.reasons(content.replace(b"\n", b"\r\n")) == [(), ()]


def test_a_missing_last_line_end_is_taken(ilr: Any, kind: str) -> None:
    assert ilr.reasons(ilr.write(kind, ilr.learners(2)).rstrip()) == [(), ()]


def test_bytes_that_are_not_utf_8_are_a_wrong_encoding(ilr: Any, kind: str) -> None:
    item = ilr.learner() | {"FamilyName": "Tes\u00e9t"}
    content = ilr.write(kind, [item]).decode().encode("latin-1")
    assert ilr.refusal(content).problem == "wrong-encoding"


def test_the_content_decides_the_format(ilr: Any, kind: str) -> None:
    content = ilr.write(kind, ilr.learners(1))
    for media_type in ("text/csv", "application/xml", "application/x-ndjson", None):
        assert ilr.reasons(content, media_type=media_type, filename="x.json") == [()]


def test_a_header_of_another_year_or_provider_is_refused(ilr: Any, kind: str) -> None:
    head = ilr.head()
    head["Header"]["CollectionDetails"]["Year"] = "2425"
    refusal = ilr.refusal(ilr.write(kind, ilr.learners(1), head))
    assert (refusal.problem, refusal.context["found"]) == ("wrong-year", "2425")
    head = ilr.head()
    head["LearningProvider"]["UKPRN"] = 10000002
    assert ilr.refusal(ilr.write(kind, ilr.learners(1), head)).problem == "ukprn-mismatch"
    head = ilr.head()
    del head["Header"]["Source"]["SerialNo"]
    refusal = ilr.refusal(ilr.write(kind, ilr.learners(1), head))
    assert refusal.problem == "header-invalid"
    assert refusal.context["fields"] == "Header/Source/SerialNo"


def test_a_file_without_learners_is_refused(ilr: Any, kind: str) -> None:
    assert ilr.refusal(ilr.write(kind, [])).problem == "no-learners"


def test_a_file_over_the_limit_is_refused(ilr: Any, kind: str) -> None:
    content = ilr.write(kind, ilr.learners(2))
    limits = Limits(max_bytes=len(content) - 1)
    assert ilr.refusal(content, limits=limits).problem == "file-too-large"


def test_a_learner_larger_than_the_limit_is_refused(ilr: Any, kind: str) -> None:
    huge = ilr.learner() | {
        "LearnerEmploymentStatus": [{"EmpStat": 10, "DateEmpStatApp": "2024-01-01"}] * 5_000
    }
    content = ilr.write(kind, [ilr.learner(1), huge])
    refusal = ilr.refusal(content, limits=Limits(max_record_bytes=100_000))
    assert refusal.problem == "record-too-large"
    assert refusal.context["position"] == 2
    assert ilr.reasons(content) == [(), ()]


class _Repeating:
    """A seekable stream of `count` learners that holds one in memory."""

    def __init__(self, ilr: Any, kind: str, count: int) -> None:
        alone = ilr.write(kind, [])
        one = ilr.write(kind, [ilr.learner()])
        end = len(b"</Message>\n") if kind == "xml" else 0
        body = one[len(alone) - end : len(one) - end]
        self._parts = (alone[: len(alone) - end], body, alone[len(alone) - end :])
        self.size = len(self._parts[0]) + count * len(body) + len(self._parts[2])
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (self.size if whence == 2 else 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start, body, end = self._parts
        stop = min(self._at + size, self.size)
        made = bytearray()
        while self._at < stop:
            inside = self._at - len(start)
            if inside < 0:
                piece = start[self._at :]
            elif self._at < self.size - len(end):
                piece = body[inside % len(body) :]
            else:
                piece = end[self._at - (self.size - len(end)) :]
            piece = piece[: stop - self._at]
            made += piece
            self._at += len(piece)
        return bytes(made)


def peak_of(ilr: Any, kind: str, count: int) -> int:
    stream = _Repeating(ilr, kind, count)
    tracemalloc.start()
    read = sum(1 for _ in open_submission(cast("BinaryIO", stream)).records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == count
    return peak


def test_memory_does_not_grow_with_the_file(ilr: Any, kind: str) -> None:
    peak_of(ilr, kind, 10)
    small, large = peak_of(ilr, kind, 200), peak_of(ilr, kind, 3_000)
    assert large < small * 1.2 + 100_000
