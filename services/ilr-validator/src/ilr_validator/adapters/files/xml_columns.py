"""Turns the tokens of some learners into columns, no object for each element.

Whole numbers and dates that are written in the one usual way are read by arithmetic over their
digits. All else becomes text, with each distinct text looked at once.
"""

import re
from typing import Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from ilr_validator.adapters.files.tokens import Tokens
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows
from ilr_validator.packs.raw import RawColumn, RawTable
from ilr_validator.packs.record_model import FieldModel, RecordModel

REFERENCE: Final = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|amp|lt|gt|quot|apos);")
NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
ZERO, NINE, HYPHEN, FIRST_VISIBLE, LAST_ASCII = b"09-!~"
DECIMAL: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
MOST_DIGITS: Final = 15
"""So long numbers are exact as float64."""
DATE: Final = len("YYYY-MM-DD")
DIGITS_OF_DATE: Final = (0, 1, 2, 3, 5, 6, 8, 9)
DECEMBER: Final = 12


class UnusualValueError(ValueError):
    """A number or date is not written in the usual way: a parser must judge it."""


def raw_tables(
    tokens: Tokens, model: RecordModel, *, is_valid: bool, is_as_written: bool = True
) -> dict[str, RawTable]:
    """Give learners as raw tables, by the entity's name.

    `is_valid`: the learners are known to keep the loose schema. Otherwise raises UnusualValueError
    where a number or date has to be judged first. `is_as_written`: the tokens are the file's own.
    """
    tables: dict[str, RawTable] = {}
    nothing = np.empty(0, np.intp)
    data = np.frombuffer(tokens.xml, np.uint8)
    for entity, parent in model.learner.walk():
        rows = tokens.places.get(entity.name, nothing)
        above = nothing if parent is None else tokens.places.get(parent.name, nothing)
        columns: dict[str, RawColumn] = {}
        is_same = is_as_written
        for field in entity.fields:
            places = tokens.places.get(field.name)
            if places is None:
                continue
            cells = _Cells(tokens, data, places)
            read = _usual(cells, field)
            if read is None:
                if not (is_valid or _is_any_text(field)):
                    raise UnusualValueError
                read, is_tidy = _text(cells)
                is_same &= is_tidy
            columns[field.name] = _spread(read, _owner(rows, places), len(rows))
        owner = np.zeros(len(rows), np.intp) if parent is None else _owner(above, rows)
        tables[entity.name] = RawTable(entity, len(rows), owner, columns, is_same)
    return tables


def _owner(above: Rows, rows: Rows) -> Rows:
    return np.searchsorted(above, rows, "right") - 1


def _spread(column: RawColumn, owners: Rows, size: int) -> RawColumn:
    """Give the column of all rows, null where the field does not stand."""
    if len(owners) == size:  # a field stands once in a row, or not at all
        return column
    if isinstance(column, Text):
        codes = np.zeros(size, np.int32)
        codes[owners] = column.codes
        return Text(codes, column.values)
    every = np.full(size, np.nan)
    every[owners] = column
    return every


class _Cells:
    """The bytes of one field, for each row that has it."""

    def __init__(self, tokens: Tokens, data: npt.NDArray[np.uint8], places: Rows) -> None:
        self.xml = tokens.xml
        self.data = data
        self.starts = tokens.starts[places]
        self.ends = tokens.ends[places]

    def bytes(self) -> list[bytes]:
        """Give the bytes of each row."""
        xml = self.xml
        edges = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [xml[start:end] for start, end in edges]

    def at(self, offset: int, where: Rows) -> npt.NDArray[np.uint8]:
        """Give the byte of each row that stands `offset` behind `where`."""
        return self.data[where + offset]


def _is_any_text(field: FieldModel) -> bool:
    return field.kind in {"text", "restricted"}


def _usual(cells: _Cells, field: FieldModel) -> RawColumn | None:
    """Read cells that are written in the usual way; None where one is not."""
    if field.kind == "int":
        return _whole_numbers(cells)
    if field.kind == "date":
        return _dates(cells)
    text = _plain_text(cells)
    if text is None or _is_any_text(field):
        return text
    return text if all(map(DECIMAL.fullmatch, filter(None, text.values))) else None


def _whole_numbers(cells: _Cells) -> Numbers | None:
    """Read whole numbers; None where one has a sign, space, a leading zero or too many digits."""
    sizes = cells.ends - cells.starts
    longest = int(sizes.max())
    if longest > MOST_DIGITS or not sizes.all():
        return None
    numbers = np.zeros(len(sizes), np.int64)
    first = cells.at(0, cells.starts)
    is_odd = (first == ZERO) & (sizes > 1)
    rows: Rows | slice = slice(None)
    for place in range(longest):
        if place:
            rows = np.flatnonzero(sizes > place)
        digits = cells.at(place, cells.starts[rows]) - ZERO  # below "0" it wraps to a large one
        is_odd[rows] |= digits > NINE - ZERO
        numbers[rows] = numbers[rows] * 10 + digits
    return None if is_odd.any() else numbers.astype(np.float64)


def _dates(cells: _Cells) -> Dates | None:
    """Read dates of four, two and two digits; None where one is written otherwise or is no day."""
    starts = cells.starts
    if (cells.ends - starts != DATE).any():
        return None
    hyphens = [cells.at(place, starts) == HYPHEN for place in (4, 7)]
    digits = [cells.at(place, starts) - ZERO for place in DIGITS_OF_DATE]
    is_odd: Mask = ~(hyphens[0] & hyphens[1])
    for one in digits:
        is_odd |= one > NINE - ZERO
    if is_odd.any():
        return None
    year, month, day = (_number(digits[start:end]) for start, end in ((0, 4), (4, 6), (6, 8)))
    months = (year - 1970) * 12 + month - 1
    first, following = _first_days(months), _first_days(months + 1)
    is_day = (year > 0) & (month > 0) & (month <= DECEMBER) & (day > 0) & (day <= following - first)
    return (first + day - 1).astype(np.float64) if is_day.all() else None


def _first_days(months: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give the first day of months that are counted from January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _number(digits: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.int64]:
    number = digits[0].astype(np.int64)
    for digit in digits[1:]:
        number = number * 10 + digit
    return number


def _plain_text(cells: _Cells) -> Text | None:
    """Read texts as they stand; None where one is empty, has space around it, or references."""
    if (cells.ends == cells.starts).any():
        return None
    for edge in (cells.at(0, cells.starts), cells.at(-1, cells.ends)):
        if (edge < FIRST_VISIBLE).any() or (edge > LAST_ASCII).any():
            return None
    values = cells.bytes()
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values), 1)}
    for odd in (b"&", b"\r"):
        if odd in cells.xml and any(odd in value for value in numbers):
            return None
    codes = np.fromiter(map(numbers.__getitem__, values), np.int32, len(values))
    return Text(codes, [None, *map(bytes.decode, numbers)])


def _text(cells: _Cells) -> tuple[Text, bool]:
    """Give what cells say, null for those that say nothing; and whether all stand as they say."""
    values = cells.bytes()
    said = {value: text_in(value.decode()) for value in dict.fromkeys(values)}
    numbers: dict[str | None, int] = {None: 0}
    codes = {value: numbers.setdefault(text, len(numbers)) for value, text in said.items()}
    is_as_written = len(numbers) == len(said) + 1 and all(
        text is not None and value in {text.encode(), escape(text).encode()}
        for value, text in said.items()
    )
    rows = np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
    return Text(rows, list(numbers)), is_as_written


def text_in(text: str) -> str | None:
    """Give what a text says: without space around it, and without carriage returns."""
    return unescaped(text).replace("\r", "").strip() or None


def unescaped(text: str) -> str:
    """Give a text of XML with its references resolved."""
    return REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    name = reference[1]
    if name[0] != "#":
        return NAMED[name]
    return chr(int("0" + name[1:], 0) if name[1] == "x" else int(name[1:]))
