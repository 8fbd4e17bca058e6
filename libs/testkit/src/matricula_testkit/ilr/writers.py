"""Writes learner files as XML, CSV or NDJSON, one record at a time: memory does not grow with them.

Values are written as they are, wrong ones too, so that faults can be planted. A name that the
record model does not know is refused.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, ClassVar, Final, Protocol, Self
from xml.sax.saxutils import escape

from matricula_contracts.fields import CSV_COLUMNS, ENTITIES, NAMESPACE

Record = Mapping[str, Any]
_HEAD: Final = ("Header", "SourceFiles", "LearningProvider")
_COLUMN: Final = {name: place for place, name in enumerate(CSV_COLUMNS)}
_FIELDS: Final = {
    name: tuple(item.name for item in entity.fields) for name, entity in ENTITIES.items()
}
_KNOWN: Final = {
    name: frozenset(_FIELDS[name]) | frozenset(entity.children) for name, entity in ENTITIES.items()
}


class LearnerFileWriter(Protocol):
    """Writes the head when opened, then learners in order, then what closes the file."""

    def write(self, learner: Record) -> None:
        """Append one learner."""

    def close(self) -> None:
        """Write what ends the file; the stream stays open."""


def _rows(values: Record, name: str) -> Iterable[Record]:
    found = values.get(name)
    if found is None:
        return ()
    return found if isinstance(found, list) else (found,)


def _check_names(entity: str, values: Record) -> None:
    unknown = values.keys() - _KNOWN[entity]
    if unknown:
        raise ValueError(f"not in {entity}: {sorted(unknown)}")


class XmlWriter:
    """Elements in the order of the schema, no empty ones, UTF-8.

    Indented two spaces a level above the learner.
    """

    suffix: ClassVar[str] = "xml"

    def __init__(self, stream: BinaryIO, head: Record) -> None:
        self._stream = stream
        parts = ['<?xml version="1.0" encoding="utf-8"?>\n<Message xmlns="', NAMESPACE, '">\n']
        for name in _HEAD:
            for values in _rows(head, name):
                _append_xml(parts, name, values)
                parts.append("\n")
        self._put(parts)

    def write(self, learner: Record) -> None:
        """Append one learner on a line of its own."""
        parts: list[str] = []
        _append_xml(parts, "Learner", learner)
        parts.append("\n")
        self._put(parts)

    def close(self) -> None:
        """Close the root element."""
        self._put(["</Message>\n"])

    def _put(self, parts: list[str]) -> None:
        self._stream.write("".join(parts).encode())


def _append_xml(parts: list[str], entity: str, values: Record) -> None:
    _check_names(entity, values)
    parts.append(f"<{entity}>")
    for name in _FIELDS[entity]:
        value = values.get(name)
        if value is None or value == "":
            continue
        text = escape(value) if isinstance(value, str) else value
        parts.append(f"<{name}>{text}</{name}>")
    for child in ENTITIES[entity].children:
        for row in _rows(values, child):
            _append_xml(parts, child, row)
    parts.append(f"</{entity}>")


class CsvWriter:
    """RFC 4180 with CRLF, UTF-8: one line for each row of an entity.

    The first line names the columns: `record` and every distinct field of the record model.
    `record` holds the entity's path below Message (`Learner.LearningDelivery.LearningDeliveryFAM`).
    A row belongs to the nearest row above it that has its parent's path. An empty cell is an
    absent field.
    """

    suffix: ClassVar[str] = "csv"

    def __init__(self, stream: BinaryIO, head: Record) -> None:
        self._text = TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
        self._csv = csv.writer(self._text)
        self._csv.writerow(CSV_COLUMNS)
        for name in _HEAD:
            for values in _rows(head, name):
                self._csv.writerows(_csv_rows(name, values))

    def write(self, learner: Record) -> None:
        """Append the rows of one learner."""
        self._csv.writerows(_csv_rows("Learner", learner))

    def close(self) -> None:
        """Hand over what is still buffered; the stream stays open."""
        self._text.flush()
        self._text.detach()


def _csv_rows(entity: str, values: Record) -> Iterator[list[Any]]:
    _check_names(entity, values)
    if _FIELDS[entity]:
        row: list[Any] = [""] * len(CSV_COLUMNS)
        row[0] = ENTITIES[entity].path
        for name in _FIELDS[entity]:
            if name in values:
                row[_COLUMN[name]] = values[name]
        yield row
    for child in ENTITIES[entity].children:
        for below in _rows(values, child):
            yield from _csv_rows(child, below)


class NdjsonWriter:
    """One JSON object a line, UTF-8.

    The first line holds Header, SourceFiles (optional) and LearningProvider, each further line one
    learner: ILR names, a list for an entity that may repeat, an object for one that may not,
    numbers for numeric fields.
    """

    suffix: ClassVar[str] = "ndjson"

    def __init__(self, stream: BinaryIO, head: Record) -> None:
        self._stream = stream
        self._put({name: head[name] for name in _HEAD if name in head})

    def write(self, learner: Record) -> None:
        """Append one learner."""
        self._put(learner)

    def close(self) -> None:
        """Nothing ends an NDJSON file."""

    def _put(self, value: Record) -> None:
        self._stream.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")


WRITERS: Final[Mapping[str, type[XmlWriter | CsvWriter | NdjsonWriter]]] = {
    writer.suffix: writer for writer in (XmlWriter, CsvWriter, NdjsonWriter)
}


class LearnerFiles:
    """The same learners in several formats at once, `<stem>.xml` and so on, in one folder."""

    def __init__(self, folder: Path, stem: str, *, head: Record, formats: Iterable[str]) -> None:
        self.paths = [folder / f"{stem}.{name}" for name in formats]
        self._head = head
        self._streams: list[BinaryIO] = []
        self._writers: list[LearnerFileWriter] = []

    def __enter__(self) -> Self:
        for path in self.paths:
            stream = path.open("wb")
            self._streams.append(stream)
            self._writers.append(WRITERS[path.suffix[1:]](stream, self._head))
        return self

    def write(self, learner: Record) -> None:
        """Append one learner to every file."""
        for writer in self._writers:
            writer.write(learner)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._writers:
            writer.close()
        for stream in self._streams:
            stream.close()
