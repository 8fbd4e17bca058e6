"""Publishers' files: CSV with a header, whatever the order and letter case of its columns."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from ilr_validator.adapters.reference.csv_tables import LONGEST_CELL
from ilr_validator.adapters.reference.errors import SnapshotError

DATE_FORMS: Final = ("%Y-%m-%d", "%d %b %Y", "%d/%m/%Y", "%d-%b-%Y", "%Y%m%d")
MONTH: Final = re.compile(r"\d{6}")
TIME_OF_DAY: Final = re.compile(r"[T ]\d\d:\d\d(:\d\d)?(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a publisher's file, by the names that the importer uses."""

    file: str
    line: int
    cells: Mapping[str, str]

    def date(self, name: str) -> str:
        """Give a date as ISO 8601, empty for none."""
        return self.read(name, iso_date)

    def number(self, name: str) -> str:
        """Give a number without thousands separators or currency sign, empty for none."""
        return self.read(name, plain_number)

    def text(self, name: str) -> str:
        """Give a text, trimmed; NULL is none."""
        cell = self.cells.get(name, "").strip()
        return "" if cell.upper() == "NULL" else cell

    def read(self, name: str, read: Callable[[str], str]) -> str:
        """Give a cell as `read` reads it, empty for none."""
        cell = self.text(name)
        try:
            return read(cell) if cell else ""
        except ValueError as error:
            raise SnapshotError(
                str(error), file=self.file, line=self.line, column=name, value=cell[:60]
            ) from None

    def needed(self, name: str) -> str:
        """Give a text that must not be empty."""
        cell = self.text(name)
        if not cell:
            raise SnapshotError("is empty", file=self.file, line=self.line, column=name)
        return cell


def iso_date(cell: str) -> str:
    """Read a date in one of the publishers' forms; a time of day is left out."""
    day = TIME_OF_DAY.sub("", cell)
    for form in DATE_FORMS:
        try:
            return datetime.strptime(day, form).date().isoformat()  # noqa: DTZ007 - a day
        except ValueError:
            continue  # perhaps written in another form
    raise ValueError("not a date")


def first_of_month(cell: str) -> str:
    """Read a month, 202508, as its first day."""
    if not MONTH.fullmatch(cell) or not 1 <= int(cell[4:]) <= 12:  # noqa: PLR2004 - months
        raise ValueError("not a month of the form 202508")
    return f"{cell[:4]}-{cell[4:]}-01"


def last_of_month(cell: str) -> str:
    """Read a month, 202508, as its last day."""
    first = date.fromisoformat(first_of_month(cell))
    following = (first + timedelta(days=31)).replace(day=1)
    return (following - timedelta(days=1)).isoformat()


def plain_number(cell: str) -> str:
    """Read a number as publishers write it."""
    plain = cell.replace(",", "").removeprefix("£")
    float(plain)  # says itself what is wrong
    return plain


def rows_of(
    stream: TextIO, name: str, wanted: Mapping[str, Sequence[str]], *, optional: frozenset[str]
) -> Iterator[SourceRow]:
    """Give the rows of a file with the columns of `wanted`: our name, and the names it may bear.

    Raises SnapshotError where a column that is not optional is missing, or the file is malformed.
    """
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(stream)
    try:
        header = next(reader, [])
        places = _places(header, name, wanted, optional)
        for row in reader:
            if any(row):
                cells = {field: row[at] for field, at in places.items() if at < len(row)}
                yield SourceRow(name, reader.line_num, cells)
    except csv.Error as error:
        raise SnapshotError(str(error), file=name, line=reader.line_num) from None
    except UnicodeDecodeError:
        raise SnapshotError("not in UTF-8", file=name, line=reader.line_num + 1) from None


def _places(
    header: Sequence[str], name: str, wanted: Mapping[str, Sequence[str]], optional: frozenset[str]
) -> dict[str, int]:
    known = {_folded(column): at for at, column in reversed(list(enumerate(header)))}
    places = {}
    for field, accepted in wanted.items():
        at = next((known[_folded(one)] for one in accepted if _folded(one) in known), None)
        if at is not None:
            places[field] = at
        elif field not in optional:
            raise SnapshotError(
                "the column is missing", file=name, line=1, column=" or ".join(accepted)
            )
    return places


def _folded(column: str) -> str:
    return re.sub(r"[\s_-]", "", column).casefold()


class Package:
    """A zip or a folder of CSV files, found by name wherever they lie in it."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.name = path.name
        self._stack = stack
        self._folder = path if path.is_dir() else None
        self._archive = None
        if self._folder is None:
            try:
                self._archive = stack.enter_context(zipfile.ZipFile(path))
            except (OSError, zipfile.BadZipFile):
                raise SnapshotError("is no zip and no folder", file=path.name) from None

    def files(self) -> list[str]:
        """Give the names of all files, with their folders."""
        if self._folder is not None:
            return sorted(
                one.relative_to(self._folder).as_posix()
                for one in self._folder.rglob("*")
                if one.is_file()
            )
        return sorted(self._archive.namelist()) if self._archive else []

    def find(self, name: str) -> str | None:
        """Give the path of the file of a name, whatever its folder and letter case."""
        ending = name.casefold()
        return next(
            (one for one in self.files() if one.rpartition("/")[2].casefold() == ending), None
        )

    def open(self, member: str) -> TextIO:
        """Open one file as text; it is closed with the package at the latest."""
        if self._archive is not None:
            raw = self._archive.open(member)
            stream: TextIO = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        else:
            path = (self._folder or Path()) / member
            stream = path.open(encoding="utf-8-sig", newline="")
        return self._stack.enter_context(stream)


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a CSV file; raises SnapshotError where it is not there."""
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError:
        raise SnapshotError("cannot be opened", file=path.name) from None
    with stream:
        yield stream
