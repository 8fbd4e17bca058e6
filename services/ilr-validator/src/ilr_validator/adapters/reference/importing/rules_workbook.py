"""The DfE's own list of rules, as CSV or workbook: the official wording and severity of each."""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import openpyxl  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

from ilr_validator.adapters.reference import official_rules
from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.importing.destination import Destination
from ilr_validator.adapters.reference.importing.source_files import opened

NAME: Final = ("name", "rule name", "rule id")
SEVERITY: Final = ("currentsldseverity", "severity", "error/ warning", "error/warning")
MESSAGE: Final = ("errormessage", "error message")
STATUS: Final = ("status",)
LONGEST_CELL: Final = 1_000_000


def import_rules(path: Path, into: Destination) -> None:
    """Take in the list of rules.

    Raises SnapshotError where the file cannot be read or holds no rule.
    """
    rows = _of_csv(path) if path.suffix.lower() == ".csv" else _of_workbook(path)
    rules = {row[0]: row for row in rows}
    if not rules:
        raise SnapshotError("holds no rule with a name and a message", file=path.name)
    into.write(official_rules.FILE, official_rules.COLUMNS, rules.values())


def _of_csv(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    with opened(path) as stream:
        try:
            yield from _rules(csv.reader(stream))
        except (csv.Error, UnicodeDecodeError):
            raise SnapshotError("is no CSV in UTF-8", file=path.name) from None


def _of_workbook(path: Path) -> Iterator[list[str]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException):
        raise SnapshotError("is no workbook", file=path.name) from None
    try:
        for sheet in book:
            yield from _rules(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def _rules(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    """Give name, status, severity and message of each rule below a header that has them."""
    places: Mapping[str, int] = {}
    for row in rows:
        cells = [" ".join(str(cell).split()) if cell is not None else "" for cell in row]
        header = _header(cells)
        if header:
            places = header
        elif places:
            found = _rule(cells, places)
            if found[0] and found[3]:
                yield found


def _header(cells: Sequence[str]) -> dict[str, int]:
    known = {cell.casefold(): place for place, cell in reversed(list(enumerate(cells)))}
    wanted = {"name": NAME, "status": STATUS, "severity": SEVERITY, "message": MESSAGE}
    places = {}
    for field, names in wanted.items():
        place = next((known[name] for name in names if name in known), None)
        if place is None:
            return {}
        places[field] = place
    return places


def _rule(cells: Sequence[str], places: Mapping[str, int]) -> list[str]:
    def cell(field: str) -> str:
        return cells[places[field]] if places[field] < len(cells) else ""

    severity = cell("severity").casefold()
    letter = "W" if severity.startswith("w") else "E" if severity.startswith("e") else ""
    status = "Deleted" if cell("status").casefold().startswith("delete") else cell("status").title()
    return [cell("name"), status, letter, cell("message")]
