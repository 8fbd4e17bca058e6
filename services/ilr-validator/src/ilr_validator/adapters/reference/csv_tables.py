"""Reads a table of a snapshot from CSV, row by row, into columns: no object for each row is kept.

A file may have millions of rows. Dates are ISO 8601, an empty cell is null; anything else that a
column cannot hold is an error with its line and column.
"""

import csv
import math
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import numpy as np

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.engine import dates
from ilr_validator.engine.reference import ReferenceTable
from ilr_validator.engine.tables import Column
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates

LONGEST_CELL: Final = 100_000


class _Builder(Protocol):
    """Takes the cells of one column in order."""

    def add(self, cell: str) -> None:
        """Take the next cell; raises ValueError with the reason where it cannot be held."""

    def column(self) -> Column:
        """Give the finished column."""


class _Texts:
    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {None: 0}
        self._codes = array("i")

    def add(self, cell: str) -> None:
        numbers = self._numbers
        self._codes.append(numbers.setdefault(cell or None, len(numbers)))

    def column(self) -> Column:
        return Text(np.array(self._codes, np.int32), list(self._numbers))


class _Floats:
    def __init__(self, *, holds_dates: bool) -> None:
        self._read = _date if holds_dates else _number
        self._known: dict[str, float] = {"": math.nan}
        self._values = array("d")

    def add(self, cell: str) -> None:
        value = self._known.get(cell)
        if value is None:
            value = self._known[cell] = self._read(cell)
        self._values.append(value)

    def column(self) -> Column:
        return np.array(self._values, np.float64)


def _date(cell: str) -> float:
    try:
        return dates.parse(cell)
    except ValueError:
        raise ValueError("not a date of the form 2025-08-01") from None


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError("not a number") from None
    if not math.isfinite(value):
        raise ValueError("not a number")
    return value


def read_table(kind: type[ReferenceTable], name: str, lines: Iterable[str]) -> ReferenceTable:
    """Read one table; `name` is the file's, for errors.

    Raises SnapshotError where a column is unknown or stands twice, the key column is missing, or a
    row or a value is not what it should be.
    """
    rows = _rows(name, lines)
    header = next(rows, (0, []))[1]
    builders = _builders(kind, name, header)
    size = 0
    for number, row in rows:
        if len(row) != len(builders):
            raise SnapshotError(
                "not as many cells as the first line has columns", file=name, line=number
            )
        place = 0
        try:
            for place, cell in enumerate(row):
                builders[place].add(cell)
        except ValueError as error:
            raise SnapshotError(
                str(error), file=name, line=number, column=header[place], value=row[place][:60]
            ) from None
        size += 1
    return kind({field: one.column() for field, one in zip(header, builders, strict=True)}, size)


def _rows(name: str, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise SnapshotError(str(error), file=name, line=reader.line_num) from None
    except UnicodeDecodeError:
        raise SnapshotError("not in UTF-8", file=name, line=reader.line_num + 1) from None


def _builders(kind: type[ReferenceTable], name: str, header: list[str]) -> list[_Builder]:
    if kind.KEY not in header:
        raise SnapshotError("the column is missing", file=name, line=1, column=kind.KEY)
    builders: list[_Builder] = []
    for place, field in enumerate(header):
        if field not in kind.KINDS or field in header[:place]:
            reason = "stands twice" if field in kind.KINDS else "this table has no such column"
            raise SnapshotError(reason, file=name, line=1, column=field)
        sort = kind.KINDS[field]
        builders.append(_Texts() if sort is Text else _Floats(holds_dates=sort == Dates))
    return builders


def cells(kind: type[ReferenceTable], table: ReferenceTable, rows: Any) -> Iterator[list[str]]:
    """Give rows of a table as the cells of its CSV, every declared column in order."""
    columns = [_written(table.column(name), sort, rows) for name, sort in kind.KINDS.items()]
    yield from map(list, zip(*columns, strict=True))


def _written(column: Column | None, sort: object, rows: Any) -> list[str]:
    if isinstance(column, Text):
        return [column.at(row) or "" for row in rows]
    values = [] if column is None else column[rows].tolist()
    if sort == Dates:
        return ["" if math.isnan(one) else dates.to_date(one).isoformat() for one in values]
    return ["" if math.isnan(one) else f"{one:.15g}" for one in values]
