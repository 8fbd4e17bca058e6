"""The tables of the learner record, one for each entity, built from the field catalogue.

Only fields that may stand in clear become columns; the encrypted parts are in `tables.py`. Rows
hang on the random learner id and are numbered by their place in the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from matricula_contracts.fields import ENTITIES, Entity, Field

NUMBER_COLUMNS: Final = ("delivery_no", "employment_no", "item_no")
_NUMBERED_PARENTS: Final = {
    "LearningDelivery": "delivery_no",
    "LearnerEmploymentStatus": "employment_no",
}
_TYPES: Final[Mapping[str, Callable[[], sa.types.TypeEngine[Any]]]] = {
    "string": sa.Text,
    "int": sa.Integer,
    "long": sa.BigInteger,
    "date": sa.Date,
    "decimal": lambda: sa.Numeric(4, 1),
}


@dataclass(frozen=True, slots=True)
class EntityTable:
    """How one entity is stored: its table, its number columns and its clear fields in order."""

    entity: Entity
    table: sa.Table
    numbers: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in the order that rows are written: id, numbers, fields."""
        return ("learner_id", *self.numbers, *(field.column for field in self.fields))


def clear_fields(entity: Entity) -> tuple[Field, ...]:
    """Return the fields of an entity that have a column."""
    return tuple(field for field in entity.fields if field.storage == "clear")


def learner_columns() -> list[sa.Column[Any]]:
    """Return the columns that the learner table takes from the catalogue."""
    return [_column(field) for field in clear_fields(ENTITIES["Learner"])]


def record_tables(metadata: sa.MetaData) -> tuple[EntityTable, ...]:
    """Build the tables below Learner on this metadata, parents before children."""
    built: list[EntityTable] = []
    _build(ENTITIES["Learner"], (), metadata, built)
    return tuple(built)


def _build(
    parent: Entity, numbers: tuple[str, ...], metadata: sa.MetaData, built: list[EntityTable]
) -> None:
    for name in parent.children:
        entity = ENTITIES[name]
        own = (*numbers, _NUMBERED_PARENTS.get(name, "item_no")) if entity.repeats else numbers
        fields = clear_fields(entity)
        if fields or entity.children:
            table = sa.Table(
                entity.table,
                metadata,
                sa.Column("learner_id", sa.Uuid, primary_key=True),
                *(sa.Column(number, sa.SmallInteger, primary_key=True) for number in own),
                *(_column(field) for field in fields),
                sa.ForeignKeyConstraint(["learner_id"], ["learner.learner_id"]),
            )
            built.append(EntityTable(entity, table, own, fields))
        _build(entity, own, metadata, built)


def _column(field: Field) -> sa.Column[Any]:
    required = field.required and not field.class_by_value
    return sa.Column(field.column, _TYPES[field.type](), nullable=not required)
