"""Reads learners given as JSON into raw tables, and remembers where each row stood.

Names and nesting are those of the ILR's XML; an entity that may stand several times is a list, or
an object where it stands once. What is read are the same raw tables that a file gives.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from ilr_validator.engine.text import Text
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import EntityModel, FieldModel, RecordModel

WHOLE: Final = re.compile(r"[+-]?[0-9]+")
DECIMAL: Final = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)")


class RecordNotReadableError(Exception):
    """The JSON is no learner: what is wrong, and where."""

    def __init__(self, fault: str, pointer: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.pointer = pointer


@dataclass(slots=True)
class Read:
    """Learners as raw tables, with the JSON Pointer (RFC 6901) of each row within its record."""

    tables: dict[str, RawTable]
    pointers: dict[str, list[str]]
    owners: dict[str, list[int]]
    """For each row the place of its record among those that were read."""
    unreadable: list[tuple[int, str, str]]
    """Values that are not what their field holds: place of the record, field name and pointer."""


@dataclass(slots=True)
class _Rows:
    parents: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    records: list[Mapping[str, Any]] = field(default_factory=list)
    pointers: list[str] = field(default_factory=list)


def read_learners(
    records: Sequence[Mapping[str, Any]], model: RecordModel, *, is_stored: bool = False
) -> Read:
    """Read learners.

    Raises RecordNotReadableError where an entity is not an object or a name is unknown. In records
    that are `is_stored`, every name is one of some year: it is reported as not readable.
    """
    found: dict[str, _Rows] = {entity.name: _Rows() for entity, _ in model.learner.walk()}
    unknown: list[tuple[int, str, str]] | None = [] if is_stored else None
    for place, record in enumerate(records):
        _collect(record, model.learner, _Above(place, 0, ""), found, unknown)
    unreadable = unknown or []
    tables = {
        entity.name: _table(entity, found[entity.name], unreadable)
        for entity, _ in model.learner.walk()
    }
    return Read(
        tables,
        {name: rows.pointers for name, rows in found.items()},
        {name: rows.owners for name, rows in found.items()},
        unreadable,
    )


@dataclass(frozen=True, slots=True)
class _Above:
    """Where an entity stands: in which record, below which row, and its pointer."""

    owner: int
    row: int
    pointer: str


def _collect(
    record: Any,
    entity: EntityModel,
    above: _Above,
    found: dict[str, _Rows],
    unknown: list[tuple[int, str, str]] | None,
) -> None:
    if not isinstance(record, Mapping):
        raise RecordNotReadableError("not_an_object", above.pointer)
    rows = found[entity.name]
    number = len(rows.records)
    rows.parents.append(above.row)
    rows.owners.append(above.owner)
    rows.records.append(record)
    rows.pointers.append(above.pointer)
    children = {child.name: child for child in entity.children}
    known = {one.name for one in entity.fields}
    for name, value in record.items():
        pointer = f"{above.pointer}/{name}"
        if name in children:
            for place, one in _each(value, pointer):
                _collect(one, children[name], _Above(above.owner, number, place), found, unknown)
        elif name not in known:
            if unknown is None:  # it may itself be personal: it is not repeated
                raise RecordNotReadableError("unknown_field", above.pointer)
            unknown.append((above.owner, name, pointer))


def _each(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if isinstance(value, list):
        yield from ((f"{pointer}/{index}", one) for index, one in enumerate(value))
    else:
        yield pointer, value


def _table(entity: EntityModel, rows: _Rows, unreadable: list[tuple[int, str, str]]) -> RawTable:
    columns = {}
    for one in entity.fields:
        texts = [_text(record.get(one.name)) for record in rows.records]
        for place, text in enumerate(texts):
            if text is not None and not _is_readable(text, one):
                pointer = f"{rows.pointers[place]}/{one.name}"
                unreadable.append((rows.owners[place], one.name, pointer))
        columns[one.name] = Text.of(texts)
    return RawTable(entity, len(rows.records), np.array(rows.parents, np.intp), columns)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | list | Mapping):
        return "\0"  # a value that no field holds
    return str(value).strip() or None


def _is_readable(text: str, field_model: FieldModel) -> bool:
    if "\0" in text:
        return False
    if field_model.kind == "int":
        return WHOLE.fullmatch(text) is not None
    if field_model.kind == "decimal":
        return DECIMAL.fullmatch(text) is not None
    if field_model.kind in {"date", "datetime"}:
        return _is_date(text, has_time=field_model.kind == "datetime")
    return True


def _is_date(text: str, *, has_time: bool) -> bool:
    try:
        if has_time:
            datetime.fromisoformat(text)
        else:
            date.fromisoformat(text)
    except ValueError:
        return False
    return True
