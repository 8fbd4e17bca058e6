"""Reads learner files in CSV: one line for each entity, parents before children.

The layout is described in docs; values are judged in domain.record_checks.
"""

import csv
import difflib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from learner_api.adapters.files.content import Content, text_lines, too_large
from learner_api.adapters.files.header import build_record, read_head
from learner_api.domain.record import FIRST_POSITION, Fault, ParsedRecord
from learner_api.domain.record_checks import MAX_FAULTS, schema_fault
from learner_api.domain.record_file import FileHead, FileRefused
from matricula_contracts import fields

RECORD: Final = "record"
_OTHER_DELIMITERS: Final = {";": "semicolon", "\t": "tab", "|": "pipe"}
_ENTITY_BY_PATH: Final = {item.path: item for item in fields.ENTITIES.values() if item.fields}
_IMPLICIT: Final = {
    item.path: item for item in fields.ENTITIES.values() if not item.fields and item.parent
}
_LEARNER: Final = "Learner"

Row = tuple[int, list[str]]


class CsvReader:
    """One pass over one CSV file."""

    def __init__(self, content: Content) -> None:
        self._limits = content.limits
        self._line = 0
        self._since = 0
        self._lines = self._counted(text_lines(content, lambda: self._position))
        self._rows = self._parsed()
        self._columns: tuple[str, ...] = ()
        self._first_learner: Row | None = None
        self._head: FileHead | None = None
        self._position = FIRST_POSITION

    def head(self) -> FileHead:
        """Read the column names and the rows before the first learner."""
        if self._head is None:
            self._columns = _columns(next(self._rows, (1, []))[1])
            tree = _Tree(self._columns, "")
            for row in self._rows:
                path = self._path(row)
                if path == _LEARNER:
                    self._first_learner = row
                    break
                if path.startswith(_LEARNER + "."):
                    raise FileRefused("file-structure-invalid", line=row[0])
                tree.add(path, row)
            self._head = read_head(tree.root, tree.faults)
        return self._head

    def records(self) -> Iterator[ParsedRecord]:
        """Yield the learners."""
        self.head()
        start = self._first_learner
        while start is not None:
            tree = _Tree(self._columns, _LEARNER)
            tree.add(_LEARNER, start)
            start = None
            self._since = 0
            for row in self._rows:
                path = self._path(row)
                if path == _LEARNER:
                    start = row
                    break
                if path in _ENTITY_BY_PATH and not path.startswith(_LEARNER + "."):
                    raise FileRefused("file-structure-invalid", line=row[0])
                tree.add(path, row)
            yield build_record(self._position, tree.root, tree.faults)
            self._position += 1

    def _path(self, row: Row) -> str:
        index = self._columns.index(RECORD)
        return row[1][index] if index < len(row[1]) else ""

    def _counted(self, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
        for number, line in lines:
            self._line = number
            self._since += len(line)
            if self._since > self._limits.max_record_bytes:
                raise too_large(self._limits, self._position)
            yield line

    def _parsed(self) -> Iterator[Row]:
        """Yield the rows that are not blank, with the line on which each ends."""
        rows = csv.reader(self._lines, strict=True)
        while True:
            try:
                row = next(rows, None)
            except csv.Error:
                raise FileRefused("csv-malformed", line=self._line) from None
            if row is None:
                return
            if row:
                yield self._line, row


def _columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the column names of the first line when they are exactly those of the layout."""
    if len(names) == 1:
        for char, word in _OTHER_DELIMITERS.items():
            if RECORD in names[0].split(char):
                raise FileRefused("csv-wrong-delimiter", expected="comma", found=word)
    known = fields.CSV_COLUMNS
    repeated = sorted({name for name in names if name in known and names.count(name) > 1})
    if repeated:
        raise FileRefused("csv-repeated-columns", columns=", ".join(repeated))
    unknown = [(place, name) for place, name in enumerate(names, start=1) if name not in known]
    if unknown and len(unknown) < len(names):
        # A first line without column names is a learner's data: only places and known names are
        # ever repeated.
        close = (difflib.get_close_matches(name, known, n=1) for _, name in unknown[:20])
        raise FileRefused(
            "csv-unknown-columns",
            positions=", ".join(str(place) for place, _ in unknown[:20]),
            suggestions=", ".join(dict.fromkeys(match[0] for match in close if match)) or None,
        )
    missing = [name for name in known if name not in names]
    if missing:
        raise FileRefused("csv-missing-columns", columns=", ".join(missing))
    return tuple(names)


class _Tree:
    """One record growing row by row; each belongs to the nearest row above of its parent."""

    def __init__(self, columns: tuple[str, ...], top: str) -> None:
        self._columns = columns
        self._top = top
        self._open: dict[str, tuple[dict[str, Any], str]] = {}
        self.root: dict[str, Any] = {}
        self.faults: list[Fault] = []
        if not top:
            self._open[""] = (self.root, "")

    def add(self, path: str, row: Row) -> None:
        """Add one row; what does not fit becomes a fault of the record."""
        entity = _ENTITY_BY_PATH.get(path)
        if entity is None:
            self._fault("", "unknown", "A row names an entity that the record model does not have.")
            return
        if path == self._top:
            node, pointer = self.root, ""
        else:
            parent = self._parent(path)
            if parent is None:
                message = f"A row of {entity.name} has no row above that it could belong to."
                self._fault("", "misplaced", message)
                return
            node, pointer = _attach(entity, *parent)
        self._open[path] = (node, pointer)
        self._fill(entity, node, pointer, row[1])

    def _parent(self, path: str) -> tuple[dict[str, Any], str] | None:
        """Return the open row above; entities without fields have no row and open themselves."""
        above = path.rpartition(".")[0]
        if above in _IMPLICIT and above not in self._open:
            node: dict[str, Any] = {}
            self.root[_IMPLICIT[above].name] = node
            self._open[above] = (node, f"/{_IMPLICIT[above].name}")
        return self._open.get(above)

    def _fill(
        self, entity: fields.Entity, node: dict[str, Any], pointer: str, cells: list[str]
    ) -> None:
        own = {item.name for item in entity.fields}
        if len(cells) != len(self._columns):
            message = f"A row of {entity.name} does not have as many cells as there are columns."
            self._fault(pointer, "cells", message)
        for name, cell in zip(self._columns, cells, strict=False):
            if not cell or name == RECORD:
                continue
            if name in own:
                node[name] = cell
            else:
                message = f"A row of {entity.name} has a value in column {name}, which is not its."
                self._fault(pointer, "unknown", message)

    def _fault(self, pointer: str, code: str, message: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(schema_fault(pointer, code, message))


def _attach(
    entity: fields.Entity, parent: dict[str, Any], pointer: str
) -> tuple[dict[str, Any], str]:
    """Hang a new row below its parent; a second one where one may stand makes a list."""
    node: dict[str, Any] = {}
    name = entity.name
    below = f"{pointer}/{name}"
    if entity.repeats:
        rows = parent.setdefault(name, [])
        rows.append(node)
        return node, f"{below}/{len(rows) - 1}"
    if name not in parent:
        parent[name] = node
    elif isinstance(parent[name], list):
        parent[name].append(node)
    else:
        parent[name] = [parent[name], node]
    return node, below
