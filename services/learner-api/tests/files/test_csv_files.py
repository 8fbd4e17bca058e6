"""CSV: its first line, its quoting and its rows."""

import csv
import io
from typing import Any

import pytest

from matricula_contracts.fields import CSV_COLUMNS


@pytest.fixture(name="rows")
def _rows(ilr: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(ilr.write("csv", ilr.learners(2)).decode(), newline="")))


def text_of(rows: list[list[str]], **options: Any) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, **options).writerows(rows)
    return stream.getvalue().encode()


def row_of(path: str, **cells: str) -> Any:
    return [path, *(cells.get(name, "") for name in CSV_COLUMNS[1:])]


def first(rows: list[list[str]], path: str) -> int:
    return next(index for index, row in enumerate(rows) if row[0] == path)


def test_columns_may_stand_in_any_order(ilr: Any, rows: list[list[str]]) -> None:
    backwards = [list(reversed(row)) for row in rows]
    assert ilr.reasons(text_of(backwards)) == [(), ()]


@pytest.mark.parametrize("style", [{"quoting": csv.QUOTE_ALL}, {"lineterminator": "\n"}])
def test_every_quoting_of_rfc_4180_is_read(
    ilr: Any, rows: list[list[str]], style: dict[str, Any]
) -> None:
    rows[first(rows, "Learner")][CSV_COLUMNS.index("AddLine1")] = "1, The 'Old' Mill"
    records = ilr.read(text_of(rows, **style))
    assert records[0].faults == ()
    assert records[0].data["AddLine1"] == "1, The 'Old' Mill"


def test_doubled_quotes_and_line_breaks_inside_a_cell_belong_to_it(
    ilr: Any, rows: list[list[str]]
) -> None:
    rows[first(rows, "Learner")][CSV_COLUMNS.index("FamilyName")] = 'Te"st\nTest'
    record = ilr.read(text_of(rows))[0]
    assert record.data["FamilyName"] == 'Te"st\nTest'
    assert {fault.pointer for fault in record.faults} == {"/FamilyName"}


def test_missing_columns_are_named(ilr: Any, rows: list[list[str]]) -> None:
    places = [CSV_COLUMNS.index(name) for name in ("ULN", "Postcode")]
    for row in rows:
        for place in sorted(places, reverse=True):
            del row[place]
    refusal = ilr.refusal(text_of(rows))
    assert refusal.problem == "csv-missing-columns"
    assert refusal.context == {"columns": "ULN, Postcode"}


def test_repeated_columns_are_named(ilr: Any, rows: list[list[str]]) -> None:
    for row in rows:
        row.append(row[CSV_COLUMNS.index("ULN")])
    refusal = ilr.refusal(text_of(rows))
    assert refusal.problem == "csv-repeated-columns"
    assert refusal.context == {"columns": "ULN"}


def test_unknown_columns_are_placed_and_the_nearest_known_name_is_offered(
    ilr: Any, rows: list[list[str]]
) -> None:
    place = CSV_COLUMNS.index("FamilyName")
    rows[0][place] = "FamilyNam"
    refusal = ilr.refusal(text_of(rows))
    assert refusal.problem == "csv-unknown-columns"
    assert refusal.context == {"positions": str(place + 1), "suggestions": "FamilyName"}


def test_a_first_line_of_data_is_not_repeated(ilr: Any, rows: list[list[str]]) -> None:
    refusal = ilr.refusal(text_of(rows[1:]), filename="x.csv")
    assert refusal.problem in {"csv-missing-columns", "csv-unknown-columns"}
    learner_row = rows[first(rows, "Learner")]
    assert all(cell not in repr(refusal.context) for cell in learner_row if len(cell) > 4)


@pytest.mark.parametrize(("char", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_another_delimiter_is_refused_by_name(
    ilr: Any, rows: list[list[str]], char: str, word: str
) -> None:
    refusal = ilr.refusal(text_of(rows, delimiter=char), filename="x.csv")
    assert refusal.problem == "csv-wrong-delimiter"
    assert refusal.context == {"expected": "comma", "found": word}


@pytest.mark.parametrize("damage", ['"abc"def', '"never closed'])
def test_broken_quoting_is_refused_with_its_line(
    ilr: Any, rows: list[list[str]], damage: str
) -> None:
    content = text_of(rows) + b"Learner," + damage.encode() + b"\r\n" + text_of(rows[5:])
    refusal = ilr.refusal(content)
    assert refusal.problem == "csv-malformed"
    assert refusal.context["line"] > len(rows)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        (lambda row: row[:-1], "", "cells"),
        (lambda row: [*row, "x"], "", "cells"),
        (lambda row: [*row[:-1], "CV1 2AA"], "", "unknown"),
    ],
)
def test_a_row_with_cells_that_are_not_its_own_is_a_fault_of_the_record(
    ilr: Any, rows: list[list[str]], change: Any, pointer: str, code: str
) -> None:
    place = first(rows, "Learner")
    rows[place] = change(rows[place])
    records = ilr.read(text_of(rows))
    assert [record.reasons for record in records] == [("schema",), ()]
    assert (pointer, code) in {(fault.pointer, fault.code) for fault in records[0].faults}


@pytest.mark.parametrize(
    "path",
    ["Learner.Unknown", "", "learner", "Learner.LearnerEmploymentStatus.EmploymentStatusMonitoring"],
)  # fmt: skip
def test_a_row_without_a_place_is_a_fault_of_the_record(
    ilr: Any, rows: list[list[str]], path: str
) -> None:
    place = first(rows, "Learner")
    rows = [row for row in rows if not row[0].startswith("Learner.LearnerEmploymentStatus")]
    rows.insert(place + 1, row_of(path))
    assert [record.reasons for record in ilr.read(text_of(rows))] == [("schema",), ()]


def test_rows_of_children_belong_to_the_nearest_parent_above(
    ilr: Any, rows: list[list[str]]
) -> None:
    cells = {"LearnDelFAMType": "LDM", "LearnDelFAMCode": "034"}
    last = max(i for i, row in enumerate(rows) if row[0] == "Learner.LearningDelivery")
    rows.insert(last + 1, row_of("Learner.LearningDelivery.LearningDeliveryFAM", **cells))
    record = ilr.read(text_of(rows))[1]
    assert record.faults == ()
    assert record.data["LearningDelivery"][-1]["LearningDeliveryFAM"][0] == cells


def test_a_second_row_of_an_entity_that_stands_once_is_a_fault(
    ilr: Any, rows: list[list[str]]
) -> None:
    place = first(rows, "Learner")
    rows[place + 1 : place + 1] = [row_of("Learner.LearnerHE", TTACCOM="1")] * 2
    record = ilr.read(text_of(rows))[0]
    assert ("/LearnerHE", "repeated") in {(f.pointer, f.code) for f in record.faults}


def test_an_empty_row_of_an_optional_entity_is_absent(ilr: Any, rows: list[list[str]]) -> None:
    place = first(rows, "Learner")
    rows[place + 1 : place + 1] = [row_of("Learner.LearnerHE"), row_of("Learner.PriorAttain")]
    record = ilr.read(text_of(rows))[0]
    assert record.faults == ()
    assert "LearnerHE" not in record.data


@pytest.mark.parametrize("path", ["Header.Source", "LearningProvider", "SourceFiles.SourceFile"])
def test_a_header_row_after_the_first_learner_refuses_the_file(
    ilr: Any, rows: list[list[str]], path: str
) -> None:
    rows.append(row_of(path))
    assert ilr.refusal(text_of(rows)).problem == "file-structure-invalid"


def test_a_learners_row_before_the_first_learner_refuses_the_file(
    ilr: Any, rows: list[list[str]]
) -> None:
    rows.insert(first(rows, "Learner"), row_of("Learner.LearnerHE"))
    assert ilr.refusal(text_of(rows)).problem == "file-structure-invalid"


def test_blank_lines_mean_nothing(ilr: Any, rows: list[list[str]]) -> None:
    assert ilr.reasons(text_of(rows).replace(b"\r\n", b"\r\n\r\n")) == [(), ()]


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ufffe"])
def test_a_character_that_no_text_may_hold_is_a_fault_and_is_kept_storable(
    ilr: Any, rows: list[list[str]], bad: str
) -> None:
    rows[first(rows, "Learner")][CSV_COLUMNS.index("FamilyName")] = f"Te{bad}st"
    records = ilr.read(text_of(rows))
    assert [record.reasons for record in records] == [("schema",), ()]
    assert "\x00" not in records[0].data["FamilyName"]
