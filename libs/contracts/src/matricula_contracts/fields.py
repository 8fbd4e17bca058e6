"""The field catalogue of the 2025-26 record: every field with its type, class and handling.

Generated data wrapped in frozen dataclasses. It describes values and classifies them; it checks
none (the readers of learner-api do) and reads nothing at import.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from matricula_contracts._fields import CATALOGUE

FieldType = Literal["string", "int", "long", "date", "dateTime", "decimal"]
DataClass = Literal["ordinary", "special_category", "criminal_offence"]
Storage = Literal["identity_block", "special_block", "clear"]

YEAR: Final[str] = CATALOGUE["year"]
NAMESPACE: Final[str] = CATALOGUE["namespace"]
CHARSETS: Final[Mapping[str, str]] = MappingProxyType(CATALOGUE["charsets"])
CLASSES: Final[tuple[DataClass, ...]] = CATALOGUE["classes"]
LAWFUL_BASES: Final[Mapping[str, str]] = MappingProxyType(CATALOGUE["lawful_bases"])
LAWFUL_BASES_BY_CLASS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    CATALOGUE["lawful_bases_by_class"]
)
RETENTION_GROUPS: Final[Mapping[str, str]] = MappingProxyType(CATALOGUE["retention_groups"])
_VISIBLE_TO_BY_CLASS: Final[Mapping[str, str]] = CATALOGUE["visible_to_by_class"]


class UnknownFieldError(LookupError):
    """No such entity or field in the catalogue."""

    def __init__(self, entity: str, name: str | None = None) -> None:
        super().__init__("not in the field catalogue")
        self.entity = entity
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the record. Facets are those of XML Schema; absent ones are None."""

    entity: str
    name: str
    column: str
    order: int
    type: FieldType
    required: bool
    charset: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    length: int | None = None
    pattern: str | None = None
    min_inclusive: int | Decimal | None = None
    max_inclusive: int | Decimal | None = None
    total_digits: int | None = None
    fraction_digits: int | None = None
    enum: tuple[str, ...] = ()
    label: str
    person: bool
    data_class: DataClass
    class_by_value: Mapping[str, DataClass]
    storage: Storage
    purposes: tuple[str, ...]
    lawful_bases: tuple[str, ...]
    visible_to: str
    retention: str

    def class_of(self, value: object) -> DataClass:
        """Return the data class of one value (text or number, compared without leading zeros)."""
        if not self.class_by_value:
            return self.data_class
        return self.class_by_value.get(_plain(value), self.data_class)

    def storage_of(self, value: object) -> Storage:
        """Return where one value is kept: a value of a protected class never stands in clear."""
        if self.class_of(value) != "ordinary":
            return "special_block"
        return self.storage

    def visible_to_for(self, value: object) -> str:
        """Return the permission that shows one value."""
        data_class = self.class_of(value)
        if data_class == self.data_class:
            return self.visible_to
        return _VISIBLE_TO_BY_CLASS.get(data_class, self.visible_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowClass:
    """Gives a whole row a class: every named field holds one of the values listed for it."""

    when: Mapping[str, frozenset[str]]
    data_class: DataClass

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Say whether the row (field name -> value) is one of this kind."""
        return all(_plain(values.get(name)) in codes for name, codes in self.when.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity: its own fields first, then its children, both in XML order.

    `path` is below Message with dots (`Learner.LearnerFAM`); `max_occurs` None = unbounded.
    """

    name: str
    path: str
    table: str
    parent: str | None
    children: tuple[str, ...]
    min_occurs: int
    max_occurs: int | None
    label: str
    row_classes: tuple[RowClass, ...]
    fields: tuple[Field, ...]

    @property
    def repeats(self) -> bool:
        """Whether more than one may stand under one parent."""
        return self.max_occurs is None or self.max_occurs > 1

    def class_of_row(self, values: Mapping[str, Any]) -> DataClass:
        """Return the class that the row's values give it as a whole, `ordinary` when none does."""
        for rule in self.row_classes:
            if rule.matches(values):
                return rule.data_class
        return "ordinary"


def _plain(value: object) -> str:
    """Return a code as it is compared: upper case, no space around it, no leading zeros."""
    return _plain_text(str(value))


@lru_cache(maxsize=4096)
def _plain_text(code: str) -> str:
    text = code.strip().upper()
    return text.lstrip("0") or text[:1]


def _build_field(entity: str, literal: Mapping[str, Any]) -> Field:
    values = dict(literal)
    for facet in ("min_inclusive", "max_inclusive"):
        if isinstance(values.get(facet), str):
            values[facet] = Decimal(values[facet])
    overrides = {_plain(key): item for key, item in values.pop("class_by_value", {}).items()}
    return Field(entity=entity, class_by_value=MappingProxyType(overrides), **values)


def _build_entities() -> Mapping[str, Entity]:
    literals = cast("tuple[dict[str, Any], ...]", CATALOGUE["entities"])
    built: dict[str, Entity] = {}
    for literal in literals:
        name = literal["name"]
        built[name] = Entity(
            name=name,
            path=literal["path"],
            table=literal["table"],
            parent=literal["parent"],
            children=tuple(item["name"] for item in literals if item["parent"] == name),
            min_occurs=literal["min_occurs"],
            max_occurs=literal["max_occurs"],
            label=literal["label"],
            row_classes=tuple(
                RowClass(
                    when=MappingProxyType(
                        {key: frozenset(map(_plain, codes)) for key, codes in rule["when"].items()}
                    ),
                    data_class=rule["data_class"],
                )
                for rule in literal["row_class_by_value"]
            ),
            fields=tuple(_build_field(name, item) for item in literal["fields"]),
        )
    return MappingProxyType(built)


ENTITIES: Final[Mapping[str, Entity]] = _build_entities()
_FIELDS: Final[Mapping[tuple[str, str], Field]] = MappingProxyType(
    {(item.entity, item.name): item for entity in ENTITIES.values() for item in entity.fields}
)
CSV_COLUMNS: Final[tuple[str, ...]] = ("record", *dict.fromkeys(name for _, name in _FIELDS))
"""Columns of the CSV form: `record`, then every distinct field name in catalogue order."""


def entity(name: str) -> Entity:
    """Return an entity by its (unique) name; UnknownFieldError when there is none."""
    try:
        return ENTITIES[name]
    except KeyError:
        raise UnknownFieldError(name) from None


def field(entity_name: str, name: str) -> Field:
    """Return one field, `field("Learner", "ULN")`; UnknownFieldError when there is none."""
    try:
        return _FIELDS[entity_name, name]
    except KeyError:
        raise UnknownFieldError(entity_name, name) from None


def all_fields() -> Iterator[Field]:
    """Yield every field in XML order, the header's included."""
    return iter(_FIELDS.values())


def person_names() -> frozenset[str]:
    """Return the ILR and the column names of every field that is data about a person."""
    return frozenset(
        name for item in all_fields() if item.person for name in (item.name, item.column)
    )


def data_classes_of(entity_name: str, values: Mapping[str, Any]) -> frozenset[DataClass]:
    """Return the classes that a record carries, children included.

    `values` maps ILR field names to values (text or numbers; None and "" count as absent) and child
    entity names to one mapping or to a list of them: the NDJSON shape of a learner.
    """
    found: set[DataClass] = set()
    _collect(entity_name, values, found)
    return frozenset(found)


def _collect(entity_name: str, values: Mapping[str, Any], found: set[DataClass]) -> None:
    plan = _PLANS[entity_name]
    for name, value in values.items():
        if value is None or value == "":
            continue
        if name in plan.children:
            rows = value if isinstance(value, (list, tuple)) else (value,)
            for row in rows:
                _collect(name, row, found)
        elif (own := plan.fields.get(name)) is not None:
            found.add(own.class_of(value) if own.class_by_value else own.data_class)
    for rule in plan.row_classes:
        if rule.matches(values):
            found.add(rule.data_class)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What `_collect` looks up for each entity, made once."""

    fields: Mapping[str, Field]
    children: frozenset[str]
    row_classes: tuple[RowClass, ...]


_PLANS: Final[Mapping[str, _Plan]] = {
    item.name: _Plan(
        {own.name: own for own in item.fields}, frozenset(item.children), item.row_classes
    )
    for item in ENTITIES.values()
}
