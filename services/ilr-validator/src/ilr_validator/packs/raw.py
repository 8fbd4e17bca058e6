"""Raw tables: learners as their file has them, each field as trimmed text.

Nothing is known to be right yet. Field definitions look at them; what passes becomes the typed
tables of the rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.record import PARENTS, Learners, Message
from ilr_validator.engine.tables import Column, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.record_model import EntityModel, FieldModel, RecordModel

TABLES: Final[Mapping[str, type[Table]]] = {kind.ENTITY: kind for kind in PARENTS}
WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class RawTable:
    """The rows of one entity: text as it stands, null where nothing stands."""

    entity: EntityModel
    size: int
    parent: Rows
    """For each row its row in the parent's table; 0 for learners."""
    columns: Mapping[str, Text]
    is_as_written: bool = True
    """Whether every text stands in the file as it stands here: nothing was trimmed."""

    def column(self, name: str) -> Text:
        """Give a column; all null where no row has the field."""
        return self.columns.get(name) or Text.nulls(self.size)

    def keep(self, rows: Rows, parent: Rows) -> "RawTable":
        """Give the table with these rows only, below these rows of their parents."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return RawTable(self.entity, len(rows), parent, columns)


def learner_of(raw: Mapping[str, RawTable], model: RecordModel) -> dict[str, Rows]:
    """Give for each entity the row of the learner that each of its rows belongs to."""
    owners: dict[str, Rows] = {}
    for entity, parent in model.learner.walk():
        table = raw[entity.name]
        own = np.arange(table.size, dtype=np.intp)
        owners[entity.name] = own if parent is None else owners[parent.name][table.parent]
    return owners


def without(
    raw: Mapping[str, RawTable], model: RecordModel, left_out: Mask
) -> Mapping[str, RawTable]:
    """Give the tables without some learners."""
    if not left_out.any():
        return raw
    owners = learner_of(raw, model)
    kept: dict[str, RawTable] = {}
    renumbered: dict[str, Rows] = {}
    for entity, parent in model.learner.walk():
        table = raw[entity.name]
        staying = ~left_out[owners[entity.name]]
        renumbered[entity.name] = np.cumsum(staying) - 1
        rows = np.flatnonzero(staying)
        above = np.zeros(len(rows), np.intp)
        if parent is not None:
            above = renumbered[parent.name][table.parent[rows]]
        kept[entity.name] = table.keep(rows, above)
    return kept


def typed_tables(
    raw: Mapping[str, RawTable], model: RecordModel, message: Table
) -> dict[type[Table], Table]:
    """Read the values of tables that passed the field definitions.

    Raises ValueError where a value is not what its field holds: the schema was not checked before.
    """
    models = {entity.name: entity for entity, _ in model.learner.walk()}
    built: dict[type[Table], Table] = {Message: message}
    for kind, parent in PARENTS.items():
        if parent is None:
            continue
        table = raw.get(kind.ENTITY)
        if table is None:
            built[kind] = kind({}, 0, up=built[parent])
            continue
        fields = {field.name: field for field in models[kind.ENTITY].fields}
        columns: dict[str, Column] = {
            name: typed(column, fields[name]) for name, column in table.columns.items()
        }
        above = np.zeros(table.size, np.intp) if kind is Learners else table.parent
        built[kind] = kind(columns, table.size, up=built[parent], parent=above)
    return built


def typed(column: Text, field: FieldModel) -> Column:
    """Read one column as what its field holds: text, numbers or day numbers."""
    if field.kind in {"text", "restricted"}:
        return column
    read = date_in if field.kind in {"date", "datetime"} else float
    values = [np.nan if text is None else read(text) for text in column.values]
    return np.array(values, np.float64)[column.codes]


def date_in(text: str) -> float:
    """Read an xs:date or the day of an xs:dateTime; a time zone does not change the day."""
    return dates.parse(text[:10])


def whole_number_in(text: str | None) -> int | None:
    """Read an xs:long, or give None; `int` alone reads 1_000 and other digits as well."""
    return int(text) if text and WHOLE_NUMBER.fullmatch(text) else None
