"""The record model of a year: which fields an entity has, in which order, how often, how written.

It is data (`data/record.tsv` of a pack, flattened from the official schema); from it come the loose
schema, the field definitions and the reader of files.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ilr_validator.packs.data_files import has_table, table_of
from ilr_validator.packs.errors import PackError

RESTRICTED: Final = re.compile(r"[A-Za-z0-9 ~!@#$%&'()*+,\-./:;<=>?\[\\\]_{}^£€]*")
"""The characters of the official type RestrictedString."""
LEARNER: Final = "Learner"


@dataclass(frozen=True, slots=True)
class FieldModel:
    """One field: how it is written and how often it may stand."""

    name: str
    kind: str
    """`text`, `restricted`, `int`, `decimal`, `date` or `datetime`."""
    is_required: bool
    length: int | None
    """Characters, of a number its digits, at most."""
    low: float | None
    high: float | None
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class EntityModel:
    """One entity: its fields and then its child entities, in the order of the XML."""

    name: str
    minimum: int
    maximum: int | None
    """None: as many as there are."""
    fields: list[FieldModel] = field(default_factory=list)
    children: list["EntityModel"] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Names of fields and children as they follow one another."""

    def walk(
        self, parent: "EntityModel | None" = None
    ) -> Iterator[tuple["EntityModel", "EntityModel | None"]]:
        """Give this entity and all below it, each with its parent, parents first."""
        yield self, parent
        for child in self.children:
            yield from child.walk(self)

    def child(self, name: str) -> "EntityModel":
        """Give a child entity; raises StopIteration where there is none."""
        return next(child for child in self.children if child.name == name)


@dataclass(frozen=True, slots=True)
class RecordModel:
    """The whole record of a year."""

    namespace: str
    message: EntityModel

    @property
    def year(self) -> str:
        """Give the academic year, as "2025-26"."""
        return self.namespace.rpartition("/")[2]

    @property
    def learner(self) -> EntityModel:
        """Give the entity of a learner."""
        return self.message.child(LEARNER)

    @property
    def names(self) -> frozenset[str]:
        """Give the names of all elements."""
        return frozenset(
            name for entity, _ in self.message.walk() for name in (entity.name, *entity.order)
        )


@functools.cache
def load_record_model(pack: str) -> RecordModel:
    """Load the record model of a pack.

    Raises PackError where the pack has none: its files cannot be read.
    """
    if not has_table(pack, "record"):
        raise PackError("files of this year cannot be checked: it has no record model", year=pack)
    entities: dict[str, EntityModel] = {}
    for row in table_of(pack, "record"):
        parent, _, name = row["path"].rpartition(".")
        if row["type"] == "entity":
            made = EntityModel(name, int(row["min"]), int(row["max"]) if row["max"] else None)
            entities[row["path"]] = made
            if parent:
                entities[parent].children.append(made)
        else:
            entities[parent].fields.append(_field(name, row))
        if parent:
            entities[parent].order.append(name)
    return RecordModel(f"ESFA/ILR/{pack}", entities["Message"])


def _field(name: str, row: Mapping[str, str]) -> FieldModel:
    return FieldModel(
        name=name,
        kind=row["type"],
        is_required=row["min"] == "1",
        length=int(row["length"]) if row["length"] else None,
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        pattern=re.compile(row["pattern"]) if row["pattern"] else None,
    )
