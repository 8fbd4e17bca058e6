"""XML: what is refused whole, what quarantines one record, and what must be taken."""

import io
from typing import Any

import pytest

from learner_api.adapters.files.content import CHUNK
from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileRefused, Limits

NAMESPACE = "ESFA/ILR/2025-26"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def only(records: list[ParsedRecord]) -> ParsedRecord:
    assert len(records) == 1
    return records[0]


def points(record: ParsedRecord, reason: str = "schema") -> set[tuple[str, str]]:
    return {(fault.pointer, fault.code) for fault in record.faults if fault.reason == reason}


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_a_generated_file_is_read_without_faults_and_keeps_every_value(ilr: Any) -> None:
    learners = ilr.learners(60)
    records = ilr.read(ilr.write("xml", learners))
    assert [r.position for r in records] == list(range(1, 61))
    assert [r.faults for r in records] == [()] * 60
    assert [r.learn_ref_number for r in records] == [item["LearnRefNumber"] for item in learners]
    for record, item in zip(records, learners, strict=True):
        for field in ("ULN", "FamilyName", "DateOfBirth", "Ethnicity", "Postcode"):
            assert record.data.get(field) == item.get(field)
        assert len(record.data["LearningDelivery"]) == len(item["LearningDelivery"])


def test_head_is_read_without_reading_a_learner(ilr: Any) -> None:
    broken_later = ilr.xml("<Learner>").removesuffix(b"</Message>")
    head = open_submission(io.BytesIO(broken_later)).head()
    assert (head.ukprn, head.year, head.serial_no) == (10000001, "2526", "01")
    assert head.file_preparation_date.isoformat() == "2025-11-01"
    assert head.software_supplier == "Matricula"
    assert head.release is None


# whole-file refusals


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_with_its_place(ilr: Any, cut: float) -> None:
    content = ilr.write("xml", ilr.learners(40))
    refusal = ilr.refusal(content[: int(len(content) * cut)].rstrip())
    assert refusal.problem == "malformed-xml"
    assert refusal.context["line"] >= 1


@pytest.mark.parametrize("index", [-1, -2, -3])
def test_a_file_cut_inside_its_last_tag_is_refused(ilr: Any, index: int) -> None:
    content = ilr.write("xml", ilr.learners(1)).rstrip()
    assert ilr.refusal(content[:index]).problem == "malformed-xml"


@pytest.mark.parametrize(
    "damage",
    [
        "<Learner><ULN>1</Learner>",
        "<Learner><ULN>1 & 2</ULN></Learner>",
        "<Learner><ULN>&undeclared;</ULN></Learner>",
        "<Learner><ULN>\x00</ULN></Learner>",
        "<Learner><ULN>\x0b</ULN></Learner>",
        "<Learner><ULN>&#0;</ULN></Learner>",
        "<Learner><FamilyName>&#xD800;</FamilyName></Learner>",
        "<Learner><FamilyName>\ufffe</FamilyName></Learner>",
        "<Learner a='1' a='2'/>",
        "<Learner><x:ULN>1</x:ULN></Learner>",
        "</Message><Message>",
        "</Message>trailing",
        "<" + "a>" * 0 + "Learner>" + "<a>" * 300,
    ],
)
def test_what_is_not_well_formed_is_refused_and_never_repeated(ilr: Any, damage: str) -> None:
    refusal = ilr.refusal(ilr.xml(ilr.learner_xml() + damage))
    assert refusal.problem == "malformed-xml"
    assert set(refusal.context) == {"line", "column"}
    assert str(refusal) == "malformed-xml"


def test_nothing_is_read_after_an_error_even_where_a_new_document_begins(ilr: Any) -> None:
    whole = ilr.xml(ilr.learner_xml())
    broken = whole.replace(b"<ULN>", b"<ULN>&undeclared;", 1)
    aligned = broken + b" " * (CHUNK - len(broken)) + whole
    refusal = ilr.refusal(aligned)
    assert refusal.problem == "malformed-xml"
    assert refusal.context["line"] == broken[: broken.index(b"&")].count(b"\n") + 1


DOCTYPES = {
    "external entity": '<!DOCTYPE Message [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "external subset": '<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x.dtd">',
    "parameter entity": '<!DOCTYPE Message [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>',
    "bomb": '<!DOCTYPE Message [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12))
    + "]>",
    "harmless": "<!DOCTYPE Message>",
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
@pytest.mark.parametrize("between", ["", "\n<!-- a > comment -->\n<?note <!-- ?>\n"])
def test_any_document_type_is_refused_before_it_is_parsed(
    ilr: Any, doctype: str, between: str
) -> None:
    body = ilr.xml(ilr.learner_xml()).decode().removeprefix(DECLARATION)
    body = body.replace("<LearnRefNumber>", "<LearnRefNumber>&e;&a11;", 1)
    for encoding in ("utf-8", "utf-16"):
        declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
        content = (declaration + between + doctype + body).encode(encoding)
        assert ilr.refusal(content).problem == "external-entities-forbidden"


def test_a_doctype_inside_a_comment_is_no_doctype(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    content = text.replace(DECLARATION, DECLARATION + "<!-- <!DOCTYPE x> -->").encode()
    assert only(ilr.read(content)).faults == ()


@pytest.mark.parametrize(
    ("namespace", "found"),
    [
        ("ESFA/ILR/2024-25", "ESFA/ILR/2024-25"),
        ("SFA/ILR/2016-17", "SFA/ILR/2016-17"),
        ("ESFA/ILR/2026-27", "ESFA/ILR/2026-27"),
        ("urn:somebody:private", None),
        ("", None),
    ],
)
def test_another_namespace_is_refused_and_named_only_when_it_is_a_public_one(
    ilr: Any, namespace: str, found: str | None
) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    refusal = ilr.refusal(text.replace(NAMESPACE, namespace, 1).encode())
    assert refusal.problem == "wrong-namespace"
    assert refusal.context == {"expected": NAMESPACE, "found": found}


def test_another_root_element_is_refused(ilr: Any) -> None:
    assert ilr.refusal(b"<html><body/></html>").problem == "wrong-namespace"


def test_another_year_is_refused_naming_both(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    refusal = ilr.refusal(text.replace("<Year>2526<", "<Year>2425<").encode())
    assert refusal.problem == "wrong-year"
    assert refusal.context == {"expected": "2526", "found": "2425"}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<Collection>ILR<", "<Collection>ALB<", "Header/CollectionDetails/Collection"),
        ("<Year>2526<", "<Year>Smith<", "Header/CollectionDetails/Year"),
        ("<Year>2526</Year>", "", "Header/CollectionDetails/Year"),
        (">OFFICIAL-SENSITIVE-Personal<", ">PUBLIC<", "Header/Source/ProtectiveMarking"),
        ("<UKPRN>10000001<", "<UKPRN>123<", "Header/Source/UKPRN"),
        ("<SerialNo>01<", "<SerialNo>x<", "Header/Source/SerialNo"),
        ("<DateTime>2025-11-01T10:00:00<", "<DateTime>2025-11-31T10:00:00<", "Header/Source/DateTime"),
        ("2025-11-01<", "2025-02-30<", "Header/CollectionDetails/FilePreparationDate"),
        ("<LearningProvider><UKPRN>10000001</UKPRN>", "<LearningProvider>", "LearningProvider/UKPRN"),
        ("<Header>", "<Header><Unknown/>", "Header"),
        ("<Header>", "<Unknown/><Header>", "Message"),
        ("<Header>", "<Header>stray", "Header"),
        ("<Header>", "<Header a='1'>", "Message"),
    ],
)  # fmt: skip
def test_a_wrong_header_is_refused_naming_the_field_and_not_the_value(
    ilr: Any, old: str, new: str, field: Any
) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    refusal = ilr.refusal(replaced(text, old, new).encode())
    assert refusal.problem == "header-invalid"
    assert field in str(refusal.context["fields"]).split(", ")
    assert refusal.faults
    assert "Smith" not in repr([refusal.context, refusal.faults])


@pytest.mark.parametrize("name", ["Header", "LearningProvider"])
def test_a_missing_or_repeated_header_part_is_refused(ilr: Any, name: str) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    begin, end = text.index(f"<{name}>"), text.index(f"</{name}>") + len(f"</{name}>")
    part = text[begin:end]
    assert ilr.refusal(text.replace(part, "").encode()).problem == "header-invalid"
    twice = ilr.refusal(text.replace(part, part + part).encode())
    assert twice.problem in {"header-invalid", "file-structure-invalid"}


def test_two_ukprns_that_differ_are_refused(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    content = text.replace("<UKPRN>10000001</UKPRN></Learning", "<UKPRN>10000002</UKPRN></Learning")
    assert ilr.refusal(content.encode()).problem == "ukprn-mismatch"


def test_a_file_without_learners_is_refused(ilr: Any) -> None:
    assert ilr.refusal(ilr.xml()).problem == "no-learners"


@pytest.mark.parametrize("place", ["before", "between", "after"])
@pytest.mark.parametrize(
    "strange", ["<LearnerDestinationandProgression/>", "<SourceFiles/>", "words"]
)
def test_anything_beside_the_learners_refuses_the_file(ilr: Any, place: str, strange: str) -> None:
    one = ilr.learner_xml()
    parts = {"before": [strange, one, one], "between": [one, strange, one], "after": [one, one, strange]}  # fmt: skip
    refusal = ilr.refusal(ilr.xml("".join(parts[place])))
    assert refusal.problem == "file-structure-invalid"


def test_latin_1_bytes_in_a_file_that_says_utf_8_are_a_wrong_encoding(ilr: Any) -> None:
    text = replaced(ilr.learner_xml(), "<GivenNames>", "<GivenNames>\u00e9")
    content = ilr.xml(text).decode().encode("latin-1")
    assert ilr.refusal(content).problem == "wrong-encoding"


@pytest.mark.parametrize(
    ("declared", "actual"),
    [("utf-16", "utf-8"), ("utf-7", "utf-8"), ("utf-32", "utf-32"), ("utf-8", "utf-16"),
     ("us-ascii", "utf-8"), ("cp037", "utf-8"), ("no-such-code", "utf-8")],
)  # fmt: skip
def test_an_encoding_that_is_not_the_declared_one_or_not_known_is_refused(
    ilr: Any, declared: str, actual: str
) -> None:
    text = replaced(ilr.learner_xml(), "<GivenNames>", "<GivenNames>\u00e9")
    document = ilr.xml(text).decode().replace('"utf-8"', f'"{declared}"')
    refusal = ilr.refusal(document.encode(actual))
    assert refusal.problem == "wrong-encoding"
    assert "no-such-code" not in repr(refusal.context)


def test_half_a_surrogate_pair_in_utf_16_is_a_wrong_encoding(ilr: Any) -> None:
    document = ilr.xml(replaced(ilr.learner_xml(), "<GivenNames>", "<GivenNames>\ud800"
                                .replace("\ud800", "@"))).decode()  # fmt: skip
    content = document.replace('"utf-8"', '"utf-16"').encode("utf-16-le").replace(b"@\0", b"\0\xd8")
    assert ilr.refusal(b"\xff\xfe" + content).problem == "wrong-encoding"


def test_one_learner_of_many_megabytes_is_refused_without_being_held(ilr: Any) -> None:
    huge = "<Learner>" + "<LearnerFAM><LearnFAMType>LSR</LearnFAMType></LearnerFAM>" * 100_000
    refusal = ilr.refusal(ilr.xml(ilr.learner_xml() + huge))
    assert refusal.problem == "record-too-large"
    assert refusal.context["position"] == 2


def test_a_file_over_the_limit_is_refused(ilr: Any) -> None:
    content = ilr.xml(ilr.learner_xml())
    refusal = ilr.refusal(content, limits=Limits(max_bytes=len(content) - 1))
    assert refusal.problem == "file-too-large"
    assert refusal.context == {"limit_bytes": len(content) - 1}
    assert ilr.read(content, limits=Limits(max_bytes=len(content)))


def test_records_before_a_break_do_not_hide_it(ilr: Any) -> None:
    content = ilr.xml(ilr.learner_xml() * 2000 + "<Learner>")
    seen: list[ParsedRecord] = []
    with pytest.raises(FileRefused) as caught:
        seen.extend(open_submission(io.BytesIO(content)).records())
    assert caught.value.problem == "malformed-xml"


# one record, not the file


def structure_cases() -> dict[str, tuple[str, str, Any]]:
    return {
        "unknown element": ("<ULN>", "<Shoe>9</Shoe><ULN>", ("", "unknown")),
        "element of another namespace": ("<ULN>", "<ULN xmlns='urn:x'>1</ULN><ULN>", ("", "unknown")),
        "element of last year": ("<ULN>", "<ContactPreference/><ULN>", ("", "unknown")),
        "repeated element": ("<ULN>", "<ULN>1</ULN><ULN>", ("/ULN", "repeated")),
        "misplaced element": ("<LearnRefNumber>", "<Accom>5</Accom><LearnRefNumber>", ("/LearnRefNumber", "misplaced")),
        "attribute": ("<ULN>", "<ULN id='1'>", ("", "attribute")),
        "attribute on the learner": ("<Learner>", "<Learner id='1'>", ("", "attribute")),
        "stray text": ("<ULN>", "stray<ULN>", ("", "stray-text")),
        "stray text first": ("<Learner>", "<Learner>stray", ("", "stray-text")),
        "stray text in an aim": ("<AimType>", "stray<AimType>", ("/LearningDelivery/0", "stray-text")),
        "elements in a value": ("<ULN>", "<ULN><b>1</b></ULN><ULN>", ("/ULN", "repeated")),
        "learner in a learner": ("<ULN>", "<Learner><ULN>1</ULN></Learner><ULN>", ("", "unknown")),
        "provider in a learner": ("<ULN>", "<LearningProvider/><ULN>", ("", "unknown")),
        "aim without content": ("</Learner>", "<LearningDelivery/></Learner>", None),
    }  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), structure_cases().values(), ids=structure_cases())  # fmt: skip
def test_a_broken_structure_quarantines_the_one_record(
    ilr: Any, old: str, new: str, expected: Any
) -> None:
    broken = replaced(ilr.learner_xml(), old, new)
    records = ilr.read(ilr.xml(ilr.learner_xml() + broken + ilr.learner_xml()))
    assert [record.reasons for record in records] == [(), ("schema",), ()]
    if expected is not None:
        assert expected in points(records[1])


def test_an_element_in_place_of_a_value_is_a_fault_of_that_field(ilr: Any) -> None:
    text = ilr.learner_xml()
    begin, end = text.index("<ULN>"), text.index("</ULN>")
    record = only(ilr.read(ilr.xml(text[:begin] + "<ULN><b>1</b>" + text[end:])))
    assert points(record) == {("/ULN", "wrong-type")}
    assert record.data["ULN"] == {}


def test_faults_of_many_unknown_elements_are_counted_and_not_hoarded(ilr: Any) -> None:
    broken = replaced(ilr.learner_xml(), "<ULN>", "<a/>" * 5_000 + "<ULN>")
    assert len(only(ilr.read(ilr.xml(broken))).faults) <= 200


def test_no_message_repeats_a_value_or_a_name_from_the_file(ilr: Any) -> None:
    canary = "Zzcanary"
    for old, new in [
        ("<FamilyName>", f"<FamilyName>{canary}1"),
        ("<ULN>", f"<{canary}>1</{canary}><ULN>"),
        ("<ULN>", f"<ULN>{canary}"),
        ("<Postcode>", f"<Postcode>{canary}{canary}"),
        ("<LearnStartDate>", f"<LearnStartDate>{canary}"),
    ]:
        record = only(ilr.read(ilr.xml(replaced(ilr.learner_xml(), old, new))))
        assert record.reasons == ("schema",)
        assert canary not in repr(record.faults)
