"""Schema errors: every kind in plain words, no value in the message, a report of their own."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.schema_errors import schema_refusals
from ilr_validator.adapters.files.validation import finding_of
from ilr_validator.adapters.reports import Spool, write_reports
from ilr_validator.adapters.reports.schema_errors import NOT_WELL_FORMED, SENTENCES, friendly

from . import synthetic as make

NAMESPACE = "ESFA/ILR/2025-26"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
KNOWN = frozenset({"Learner", "LearnRefNumber", "ULN", "DateOfBirth"})
SECRET = "Testperson-Secret"


def _log(learner: str, namespace: str = NAMESPACE) -> list[etree._LogEntry]:
    schema = loose_schema("2025-26", is_part=True)
    text = f'<Message xmlns="{namespace}">{learner}</Message>'
    parser: Any = etree.XMLParser()
    try:
        schema.validate(etree.fromstring(text, parser))
        log: Any = schema.error_log
    except etree.XMLSyntaxError:
        log = (one for one in parser.error_log if one.type_name.startswith("ERR_"))
    return list(log)


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (
            "<Learner><Hobby/></Learner>",
            "Hobby is no element of the year's ILR. Here may stand LearnRefNumber, PrevLearnRefNumb",
        ),
        (
            "<Learner><DateOfBirth/><ULN/></Learner>",
            "ULN stands in the wrong place or once too often. Here may stand Ethnicity, ",
        ),
        ('<Learner xmlns="x"/>', "Learner is not in the namespace of the year's ILR."),
        (f"<Learner><ULN>{SECRET}</ULN></Learner>", "The value of ULN is not a whole number."),
        (
            "<Learner><DateOfBirth>2025-02-30</DateOfBirth></Learner>",
            "The value of DateOfBirth is not a date of the calendar, written as 2025-08-31.",
        ),
        (f"<Learner>{SECRET}</Learner>", "Text stands in Learner, where only elements may stand."),
        (
            f"<Learner><FamilyName><b>{SECRET}</b></FamilyName></Learner>",
            "FamilyName holds an element; only a value may stand in it.",
        ),
        (
            f'<Learner who="{SECRET}"/>',
            "Learner has the attribute who; no element of the ILR has attributes.",
        ),
        (
            f'<Learner><ULN who="{SECRET}">1</ULN></Learner>',
            "ULN has the attribute who; no element of the ILR has attributes.",
        ),
        (f'<Learner {XSI} xsi:nil="true"/>', "Learner is marked as nil; leave it out"),
        (f'<Learner {XSI} xsi:type="b"/>', "Learner names a type of its own; take"),
        ("<Learner>", "A start tag and an end tag do not belong together."),
        ("<Learner>&who;</Learner>", "A reference such as &name; is used that is not defined"),
        ("<Learner>\x01</Learner>", "A character stands in the file that XML does not permit."),
    ],
)
def test_what_is_wrong_is_said_plainly_and_without_the_value(learner: str, message: str) -> None:
    entry = _log(learner)[0]
    said = friendly(entry.type_name, entry.message, known=KNOWN)
    assert said.startswith(message)
    assert SECRET not in said


def test_another_years_namespace_is_named() -> None:
    (entry,) = _log("", "ESFA/ILR/2024-25")
    assert friendly(entry.type_name, entry.message).endswith(
        "it begins with Message in the namespace ESFA/ILR/2024-25."
    )


def test_what_is_missing_is_named() -> None:
    entry = "Element '{n}Message': Missing child element(s). Expected is ( {n}Header )."
    assert friendly("SCHEMAV_ELEMENT_CONTENT", entry) == (
        "Message ends too early; Header must follow."
    )


def test_kinds_that_nobody_foresaw_are_said_as_well() -> None:
    assert friendly("ERR_NEW_IN_2030", SECRET) == NOT_WELL_FORMED
    assert (
        friendly("SCHEMAV_NEW", "?") == "An element does not have the structure of the year's ILR."
    )
    for kind in SENTENCES:
        assert "{" not in friendly(kind, f"Element '{{n}}ULN': '{SECRET}' is wrong.")


def test_the_report_of_a_file_that_failed(tmp_path: Path) -> None:
    log = _log(f"<Learner>\n<ULN>{SECRET}</ULN>\n</Learner>\n<Learner>{SECRET}</Learner>")
    with Spool(tmp_path) as spool:
        spool.add_findings(map(finding_of, schema_refusals(log, KNOWN, 5)))
        paths = write_reports(spool, make.FACTS, tmp_path)
    assert paths.schema_errors is not None
    with paths.schema_errors.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row[r"Error\Warning"], row["Rule Name"]) for row in rows] == [("F", "Schema")] * 2
    assert rows[0]["Field Values"] == (
        "Line=7|Property=ULN|Message=The value of ULN is not a whole number.|"
    )
    assert rows[0]["Error Message"] == "The value of ULN is not a whole number."
    assert rows[1]["Error Message"].startswith("Text stands in Learner")
    assert SECRET not in paths.schema_errors.read_text("utf-8")
    assert paths.violations.read_bytes() == paths.schema_errors.read_bytes()
    summary = json.loads(paths.summary.read_bytes())
    assert summary["IsSchemaError"] is True
    assert summary["TotalErrors"] == 2
    assert summary["ErrorMessage"] == "The value of ULN is not a whole number."
    with Spool(tmp_path) as spool:
        write_reports(spool, make.FACTS, tmp_path)
    assert not paths.schema_errors.exists()
