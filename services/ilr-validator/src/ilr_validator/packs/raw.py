"""Raw tables: learners as their file has them, each field as trimmed text.

Numbers and dates that are all written in the usual way stand as numbers already: what they were as
text follows from them. Nothing else is known to be right yet. Field definitions look at raw tables;
what passes becomes the typed tables of the rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.record import PARENTS, Learners, Message
from ilr_validator.engine.tables import Column, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.record_model import EntityModel, FieldModel, RecordModel

TABLES: Final[Mapping[str, type[Table]]] = {kind.ENTITY: kind for kind in PARENTS}
WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}")

RawColumn: TypeAlias = Text | Numbers
"""Text; or whole numbers (no sign, no leading zero) or dates (YYYY-MM-DD) as numbers."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """The rows of one entity: text as it stands, null where nothing stands."""

    entity: EntityModel
    size: int
    parent: Rows
    """For each row its row in the parent's table; 0 for learners."""
    columns: Mapping[str, RawColumn]
    is_as_written: bool = True
    """Whether every text stands in the file as it stands here: nothing was trimmed."""

    def column(self, name: str) -> RawColumn:
        """Give a column; all null where no row has the field."""
        column = self.columns.get(name)
        return Text.nulls(self.size) if column is None else column

    def text(self, name: str) -> Text:
        """Give a column as text."""
        column = self.column(name)
        if isinstance(column, Text):
            return column
        distinct, codes = np.unique(column, return_inverse=True)  # null comes last
        known = int((~np.isnan(distinct)).sum())
        texts = [self._written(name, number) for number in distinct[:known].tolist()]
        return Text(np.where(codes < known, codes + 1, 0).astype(np.int32), [None, *texts])

    def at(self, name: str, row: int) -> str | None:
        """Give the text of one field of one row."""
        column = self.column(name)
        if isinstance(column, Text):
            return column.at(row)
        number = float(column[row])
        return None if np.isnan(number) else self._written(name, number)

    def numbers(self, name: str) -> Numbers:
        """Give a field of whole numbers; null where there is none, or what stands is none."""
        column = self.column(name)
        if not isinstance(column, Text):
            return column
        found = (whole_number_in(text) for text in column.values)
        return np.array([np.nan if one is None else float(one) for one in found])[column.codes]

    def _written(self, name: str, number: float) -> str:
        kinds = {field.name: field.kind for field in self.entity.fields}
        return dates.to_date(number).isoformat() if kinds[name] == "date" else str(int(number))

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


def typed(column: RawColumn, field: FieldModel) -> Column:
    """Read one column as what its field holds: text, numbers or day numbers."""
    if not isinstance(column, Text) or field.kind in {"text", "restricted"}:
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
