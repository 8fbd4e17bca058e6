"""CSV, JSON and workbook: small reports in full, read back, and with odd content."""

import csv
import json
import stat
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from ilr_validator.adapters.reports import Split
from ilr_validator.adapters.reports.violations import COLUMNS, harmless

from . import synthetic as make
from .conftest import Written

PARTS = [
    make.part(
        [
            make.finding(1, "ESMType_01", "W", parameters=(("ESMType", "SEI"), ("ESMCode", None))),
            make.finding(1, "ULN_04"),
            make.finding(0, "ULN_04", aim=1, parameters=(("LearnStartDate", "01/08/2025"),)),
        ],
        size=3,
        not_run={"LearnAimRef_01": 2},
    ),
    make.part([make.finding(-1, "Header_2", "W", parameters=())]),
]
CSV = (
    r"Error\Warning,Learner Ref,Unique Learner Number,Family Name,Given Names,Rule Name,"
    "Field Values,Error Message,Aim Sequence Number,Aim Reference Number,Software Supplier Aim ID,"
    "Funding Model,Subcontracted UKPRN,Provider Specified Learner Monitoring A,"
    "Provider Specified Learner Monitoring B,Provider Specified Learning Delivery Monitoring A,"
    "Provider Specified Learning Delivery Monitoring B,"
    "Provider Specified Learning Delivery Monitoring C,"
    "Provider Specified Learning Delivery Monitoring D,OFFICIAL - SENSITIVE\r\n"
    "E,L000000,9000000000,Testperson0,Fake,ULN_04,LearnStartDate=01/08/2025|,"
    "Something is wrong with ULN_04.,2,60000000,sw-1,35,99999998,mA0,,dA,dB,dC,dD,\r\n"
    "E,L000001,9000000001,Testperson1,Fake,ULN_04,ULN=1234567890|,"
    "Something is wrong with ULN_04.,,,,,,mA1,,,,,,\r\n"
    "W,L000001,9000000001,Testperson1,Fake,ESMType_01,ESMType=SEI|ESMCode=|,"
    "Something is wrong with ESMType_01.,,,,,,mA1,,,,,,\r\n"
    "W,,,,,Header_2,,Something is wrong with Header_2.,,,,,,,,,,,,\r\n"
)  # fmt: skip
# Sorted by rule among the warnings: ESMType_01 before Header_2.


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_the_csv_in_full(written: Written) -> None:
    path = written(PARTS, make.FACTS).violations
    assert path.name == "Rule Violation Report 20260701-123005.csv"  # British Summer Time
    assert path.read_bytes().decode() == CSV


def test_no_report_can_be_read_by_others(written: Written) -> None:
    folder = written(PARTS, make.FACTS).violations.parent
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE((folder / "report").stat().st_mode) == 0o700
    assert not list(folder.glob(".*"))


def test_errors_and_messages_for_services(written: Written) -> None:
    paths = written(PARTS, make.FACTS)
    errors = _read(paths.errors)
    assert errors[0] == {
        "LearnerReferenceNumber": "L000000",
        "AimSequenceNumber": 2,
        "RuleName": "ULN_04",
        "Severity": "E",
        "ValidationErrorParameters": [{"PropertyName": "LearnStartDate", "Value": "01/08/2025"}],
    }
    assert [one["RuleName"] for one in errors] == ["ULN_04", "ULN_04", "ESMType_01", "Header_2"]
    assert errors[1]["ValidationErrorParameters"] == [
        {"PropertyName": "ULN", "Value": "1234567890"}
    ]
    assert errors[2]["ValidationErrorParameters"][1] == {"PropertyName": "ESMCode", "Value": None}
    assert _read(paths.messages)[0] == {
        "RuleName": "ULN_04",
        "Message": "Something is wrong with ULN_04.",
    }


def test_the_summary_for_the_front_end(written: Written) -> None:
    summary = _read(written(PARTS, make.FACTS).summary)
    details = summary.pop("details")
    assert summary == {
        "TotalLearners": 3,
        "TotalErrors": 2,
        "TotalWarnings": 2,
        "TotalWarningLearners": 1,
        "TotalErrorLearners": 2,
        "ErrorMessage": None,
        "IsSchemaError": False,
    }
    assert details["pack"] == "2025-26"
    assert details["packVersion"] == "3"
    assert details["return"] == "R11"
    assert details["generatedAt"] == "2026-07-01T12:30:05+01:00"
    assert details["reference"] == {
        "hash": "0123abcd",
        "versions": {"lars": "2026-06-30", "postcodes": "May 2026"},
    }
    assert details["notRun"] == [
        {
            "rule": "LearnAimRef_01",
            "learners": 2,
            "severity": "E",
            "reason": "no table lars_learning_deliveries",
        },
        {"rule": "Nobody_01", "learners": 3, "severity": "", "reason": "not implemented"},
    ]
    assert details["findingsByRule"][0] == {
        "rule": "ULN_04",
        "severity": "E",
        "message": "Something is wrong with ULN_04.",
        "findings": 2,
        "learners": 2,
    }


def test_rules_not_run(written: Written) -> None:
    rows = list(csv.reader(written(PARTS, make.FACTS).not_run.read_text("utf-8").splitlines()))
    assert rows == [
        ["Rule Name", "Learners", r"Error\Warning", "Reason"],
        ["LearnAimRef_01", "2", "E", "no table lars_learning_deliveries"],
        ["Nobody_01", "3", "", "not implemented"],
    ]


def test_why_a_rule_was_not_run_is_said_as_far_as_known(written: Written) -> None:
    facts = make.with_facts(not_run_reasons={}, not_implemented=frozenset())
    assert written(PARTS, facts).not_run.read_text("utf-8").endswith("reference data absent\n")


def _sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))


def test_the_workbook(written: Written) -> None:
    path = written(
        PARTS, make.with_facts(advanced_loans=Split(5, 1), destinations=Split(7, 0))
    ).summary_workbook
    assert path.name == "Rule Violation Summary 20260701-123005.xlsx"
    rows = {row[0]: row[1:] for row in _sheet(path, "Summary") if row[0]}
    assert rows["Provider"][0] == "Nowhere College"
    assert rows["UKPRN"][0] == 99999999
    assert rows["Year"][0] == "2025-26"
    assert rows["Rules"][0] == "2025-26 version 3"
    assert rows["Severities of"][0] == "R11"
    assert rows["Errors"][0] == rows["Warnings"][0] == 2
    assert rows["Learners with warnings only"][0] == 0
    assert rows["Learning deliveries"][0] == 5
    assert rows["Funding model 35"] == (1, 2, 1, 2)
    assert rows["Funding model 36"] == (0, 1, 0, 2)
    assert rows["Advanced Learner Loans"][2:] == (5, 1)
    assert rows["Destination and progression records"][:2] == (7, 0)
    assert rows["File preparation date"][0] == "01/07/2026"
    assert rows["Reference data: lars"][0] == "2026-06-30"
    assert rows["Reference data: hash of the snapshot"][0] == "0123abcd"
    assert rows["Report generated at"][0] == "12:30:05 on 01/07/2026"
    assert _sheet(path, "Errors") == [
        ("Rule Name", "Message", "Occurrences"),
        ("ULN_04", "Something is wrong with ULN_04.", 2),
    ]
    assert [row[0] for row in _sheet(path, "Warnings")] == ["Rule Name", "ESMType_01", "Header_2"]
    assert _sheet(path, "Not run")[1] == ("LearnAimRef_01", 2, "no table lars_learning_deliveries")


def test_the_workbook_holds_text_where_text_looks_like_a_formula(written: Written) -> None:
    path = written([], make.with_facts(provider_name="=1+1\x0b")).summary_workbook
    cell = openpyxl.load_workbook(path)["Summary"]["B2"]
    assert (cell.data_type, cell.value) == ("s", "=1+1\N{REPLACEMENT CHARACTER}")


def test_nothing_found(written: Written) -> None:
    paths = written([], make.with_facts(not_implemented=frozenset()))
    assert list(csv.reader(paths.violations.read_text("utf-8").splitlines())) == [list(COLUMNS)]
    assert _read(paths.errors) == _read(paths.messages) == []
    assert _read(paths.summary)["TotalLearners"] == 0
    assert len(_sheet(paths.summary_workbook, "Errors")) == 1
    assert paths.schema_errors is None


def test_odd_characters_come_back_from_the_csv(written: Written) -> None:
    odd = 'O\N{RIGHT SINGLE QUOTATION MARK}Fake "Q", Zoë\n\u0633\u0627\u0631\u0629 🎓|a=b'
    details = make.person(0)._replace(family_name=odd, given_names="=1+1", monitoring_a="-5")
    finding = make.finding(0, parameters=(("FamilyName", odd),), details=details)
    path = written([make.part([finding], size=1)], make.FACTS).violations
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["Family Name"] == odd
    assert row["Field Values"] == f"FamilyName={odd}|"
    assert row["Given Names"] == "'=1+1"
    assert row["Provider Specified Learner Monitoring A"] == "-5"


@pytest.mark.parametrize(
    "cell",
    ["=1", "=A1", "+SUM(A1)", "-2+3", "@SUM(1)", "+cmd|'x'!A1", "\t=1", "\r=1", '-"x"', "-A1:B2"],
)
def test_a_cell_that_could_run_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a=b", "-5", "+44", "@home", "-", "- Zoë O'Fake", "1/2-3"])
def test_a_cell_that_cannot_run_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_winter_time(written: Written) -> None:
    facts = make.with_facts(generated_at=make.FACTS.generated_at.replace(month=12))
    assert written([], facts).violations.name == "Rule Violation Report 20261201-113005.csv"
