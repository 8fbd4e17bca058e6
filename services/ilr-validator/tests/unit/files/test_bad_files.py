"""Files that are refused, with rule, plain message and line; and files that must not be."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from ilr_validator.adapters.files import ilr_file
from ilr_validator.adapters.files.refusals import UnreadableFileError
from ilr_validator.adapters.files.validation import finding_of

from . import bad_files, made
from .bad_files import GOOD, MALFORMED, ROOT, Bad, replaced, value


@pytest.mark.parametrize("bad", MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_file_is_refused_in_plain_words(tmp_path: Path, bad: Bad) -> None:
    refusals = made.refused(tmp_path, bad.content())
    assert refusals
    assert refusals[0].rule == bad.rule
    assert any(bad.says in one.message for one in refusals)
    if bad.line is not None:
        assert refusals[0].line == bad.line
    for one in refusals:
        assert made.SECRET not in str(finding_of(one))
        assert not re.search(r"1000000000|xmlParse|\{ESFA", one.message)


def test_a_refused_file_leaves_reports_and_no_valid_file(tmp_path: Path) -> None:
    run = made.run(tmp_path, MALFORMED["a name for a number"].content())
    assert run.result.valid_file is None
    assert (run.result.errors, run.result.learners) == (1, 0)
    assert [(row[r"Error\Warning"], row["Rule Name"]) for row in run.rows] == [("F", "Schema")]
    assert run.rows[0]["Field Values"] == (
        f"Line={bad_files.LEARNER_LINE}|Property=ULN|Message=The value of ULN is not a whole number.|"
    )
    assert run.summary["IsSchemaError"]
    for path in run.out.rglob("*.*"):
        assert made.SECRET.encode() not in path.read_bytes()


def test_a_part_that_is_malformed_late_stops_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ilr_file, "MOST_LEARNERS", 2)
    learners = made.numbered(9)
    learners[7]["DateOfBirth"] = "2025-02-30"
    content = made.document(learners)
    line = content[: content.index("2025-02-30")].count("\n") + 1
    for workers in (1, 2):
        run = made.run(tmp_path, content, workers=workers, out=tmp_path / str(workers))
        assert run.result.valid_file is None
        assert run.result.learners == 0
        assert [row["Rule Name"] for row in run.rows] == ["Schema"]
        assert run.rows[0]["Field Values"].startswith(f"Line={line}|")


def test_lines_behind_comments_are_those_of_the_file(tmp_path: Path) -> None:
    content = replaced("<Learner>", "<!-- a\nb\nc -->\n<Learner>", value("DateOfBirth", "x"))
    line = content[: content.index("<DateOfBirth>x")].count("\n") + 1
    assert [one.line for one in made.refused(tmp_path, content)] == [line]


def test_lines_behind_the_learners_are_those_of_the_file(tmp_path: Path) -> None:
    content = made.document(made.numbered(3), end="\n\n<Hobby/></Message>\n")
    assert [one.line for one in made.refused(tmp_path, content)] == [
        content[: content.index("<Hobby/>")].count("\n") + 1
    ]


def test_at_most_a_hundred_faults_of_a_part_are_told(tmp_path: Path) -> None:
    content = made.document(made.numbered(300, DateOfBirth="x"))
    assert len(made.refused(tmp_path, content)) == 100


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / made.NAME
    with path.open("wb") as file:
        file.write(GOOD.encode())
        file.truncate(2**30)
    with pytest.raises(UnreadableFileError, match="too large"):
        made.run_path(path, tmp_path / "out")


def test_a_year_without_rules_cannot_be_checked(tmp_path: Path) -> None:
    for year in ("1999-00", "2020-21"):
        with pytest.raises(UnreadableFileError, match=year):
            made.run(tmp_path, GOOD.replace("2025-26", year), pack=None)


def test_a_file_that_does_not_say_its_year_is_told_so(tmp_path: Path) -> None:
    run = made.run(tmp_path, GOOD.replace(made.NAMESPACE, "urn:x"), pack=None)
    assert [row["Rule Name"] for row in run.rows] == ["Namespace Mismatch"]


# What must be taken.


def lines_anew(text: str) -> str:
    return text.replace("\n", "\r\n")


def prefixed(text: str) -> str:
    text = re.sub(r"<(/?)(\w)", r"<\1i:\2", text)
    return text.replace(" xmlns=", " xmlns:i=")


def partly_prefixed(text: str) -> str:
    text = text.replace(ROOT, f'{ROOT[:-1]} xmlns:i="{made.NAMESPACE}">')
    head, first, second = text.rpartition("<Learner>")
    return head + (first + second).replace("Learner>", "i:Learner>")


TAKEN: dict[str, Callable[[str], str | bytes]] = {
    "as it is": str,
    "CRLF": lines_anew,
    "a byte-order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "no declaration": lambda text: text.split("\n", 1)[1],
    "a declaration without an encoding": lambda text: text.replace(' encoding="utf-8"', ""),
    "indented": lambda text: text.replace("><", ">\n    <"),
    "one line": lambda text: text.replace("\n", ""),
    "UTF-16 with a mark": lambda text: text.replace("utf-8", "utf-16").encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.replace("utf-8", "utf-16").encode("utf-16-le"),
    "UTF-16 as declared by nobody": lambda text: text.split("\n", 1)[1].encode("utf-16"),
    "Latin 1": lambda text: text.replace("utf-8", "iso-8859-1").encode("iso-8859-1"),
    "Windows 1252": lambda text: text.replace("utf-8", "windows-1252").encode("cp1252"),
    "ASCII with numbers": lambda text: text.replace("utf-8", "us-ascii").encode(
        "ascii", "xmlcharrefreplace"
    ),
    "comments": lambda text: text.replace(
        "<ULN>", "<!-- <Learner><ULN> --><ULN><!-- </Learner> -->"
    ),
    "a comment that speaks of a DOCTYPE": lambda text: text.replace("<ULN>", "<!-- <!DOCTYPE --><ULN>"),
    "CDATA": lambda text: text.replace("Zo\u00eb", "<![CDATA[Zo\u00eb]]>"),
    "processing instructions": lambda text: text.replace("<ULN>", "<?pi <Learner> ?><ULN>"),
    "a style sheet": lambda text: text.replace("<Message", "<?xml-stylesheet href='x'?><Message"),
    "a schema location": lambda text: text.replace(
        ROOT, f'{ROOT[:-1]} {bad_files.XSI} xsi:schemaLocation="{made.NAMESPACE} x.xsd">'
    ),
    "prefixes": prefixed,
    "prefixes here and there": partly_prefixed,
    "single quotes": lambda text: text.replace('"', "'"),
    "space in tags": lambda text: text.replace("</Learner>", "</Learner \n>").replace(
        "<Learner>", "<Learner\t>"
    ),
    "the namespace again": lambda text: text.replace(
        "<Learner>", f'<Learner xmlns="{made.NAMESPACE}">'
    ),
    "padded numbers and texts": lambda text: text.replace(">35<", "> 0035\n<").replace(
        ">Zo\u00eb<", ">\n  Zo\u00eb\t<"
    ),
    "a plus": lambda text: text.replace(">35<", ">+35<"),
    "padded dates": lambda text: text.replace(">2025-09-01<", "> 2025-09-01 <"),
    "a time zone": lambda text: text.replace(">2025-09-01<", ">2025-09-01Z<"),
    "carriage returns by number": lambda text: text.replace("Zo\u00eb", "Zo\u00eb&#13;"),
    "source files": lambda text: text.replace(
        "<LearningProvider>",
        made.xml(made.MODEL.message.child("SourceFiles"), made.full(made.MODEL.message.child("SourceFiles")))
        + "<LearningProvider>",
    ),
}  # fmt: skip
NAMED = made.document(
    made.changed(one, "LearningDelivery", FundModel="35")
    for one in made.numbered(3, FamilyName="Zo\u00eb")
)


@functools.cache
def usual(**changes: str) -> list[tuple[object, ...]]:
    """What is found in the usual form, with some fields left out."""
    with TemporaryDirectory() as folder:
        found = made.found(made.checker(Path(folder), without(NAMED, changes)))
    assert len(found) > 20
    return found


def without(text: str, fields: dict[str, str], instead: str = "") -> str:
    for field, content in fields.items():
        assert f"<{field}>{content}</{field}>" in text
        text = text.replace(f"<{field}>{content}</{field}>", instead.format(field))
    return text


@pytest.mark.parametrize("form", TAKEN.values(), ids=list(TAKEN))
def test_a_file_in_another_form_is_judged_as_in_the_usual_one(
    tmp_path: Path, form: Callable[[str], str | bytes]
) -> None:
    checker = made.checker(tmp_path, form(NAMED))
    assert checker.file.size == 3
    assert made.found(checker) == usual()
    if made.OFFICIAL.exists():
        valid = made.written_valid(checker, [False] * 3)
        etree.XMLSchema(etree.parse(made.OFFICIAL)).assertValid(etree.fromstring(valid.encode()))


@pytest.mark.parametrize("form", ["<{0}/>", "<{0}></{0}>", "<{0}>  \n </{0}>", "<{0} />"])
def test_an_empty_optional_element_is_an_absent_one(tmp_path: Path, form: str) -> None:
    fields = {"PrevUKPRN": "10000000", "OrigLearnStartDate": "2025-09-01", "STULOAD": "1"}
    checker = made.checker(tmp_path, without(NAMED, fields, form))
    assert made.found(checker) == usual(**fields)


def test_ninety_eight_aims_are_taken_and_a_ninety_ninth_is_a_field_error(tmp_path: Path) -> None:
    (one,) = made.numbered(1)
    aim = one["LearningDelivery"][0]
    many = [aim | {"AimSeqNumber": str(number)} for number in range(1, 99)]
    run = made.run(tmp_path, made.document([one | {"LearningDelivery": many}]))
    assert not [rule for rule in run.rules.get("L00000", ()) if rule.startswith("FD_")]
    more = [*many, aim | {"AimSeqNumber": "99"}]
    run = made.run(tmp_path, made.document([one | {"LearningDelivery": more}]))
    assert run.rules["L00000"] == {"FD_AimSeqNumber_AR"}
    assert run.rows[0]["Aim Sequence Number"] == "99"


@pytest.mark.parametrize(
    "name",
    [
        "Zo\u00eb",
        "\u0141ukasz",
        "O\u2019Brien",
        "\u674e\u5c0f\u9f99",
        "\u0645\u062d\u0645\u062f",
        "Nguy\u1ec5n",
        "\U00020bb7",
        "d'\u00c9on-\u00d8re",
    ],
)
def test_names_of_the_world_are_taken_and_given_back(tmp_path: Path, name: str) -> None:
    run = made.run(tmp_path, made.document(made.numbered(1, FamilyName=name, Sex="??")))
    assert run.rules["L00000"] == {"FD_Sex_AL"}
    assert run.rows[0]["Family Name"] == name


def test_a_learner_of_twenty_megabytes_is_read(tmp_path: Path) -> None:
    aim = f"<LearningDelivery>{' ' * 10_000}</LearningDelivery>"
    content = made.document([]).replace("</Message>", f"<Learner>{aim * 2000}</Learner></Message>")
    checker = made.checker(tmp_path, content)
    assert len(list(checker.file.parts())) == 1
    assert checker.raw(0, 1)["LearningDelivery"].size == 2000


def test_the_valid_file_holds_values_as_they_were_judged(tmp_path: Path) -> None:
    good = made.numbered(2)
    for one in good:
        one["PrevUKPRN"] = "<PrevUKPRN/>"
        one["FamilyName"] = "  Testa \u00a0&#13;".replace("&#13;", "")
        one["PMUKPRN"] = "<PMUKPRN></PMUKPRN>"
    content = made.document(good)
    checker = made.checker(tmp_path, content)
    tidy = made.written_valid(checker, [False, False])
    assert "PMUKPRN" not in tidy
    assert tidy.count("<FamilyName>Testa</FamilyName>") == 2
    assert made.written_valid(checker, [True, False]).count("<Learner>") == 1
    assert made.written_valid(checker, [True, True]).count("<Learner>") == 0
    etree.fromstring(tidy.encode())
