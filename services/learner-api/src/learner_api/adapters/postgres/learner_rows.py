"""Turns learner versions into the rows of their tables, ready for COPY. No I/O.

One path for one learner keyed in and for a hundred thousand from a file: the columns and getters
are worked out once, from the field catalogue.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from learner_api.adapters.postgres.person_blocks import (
    HISTORY,
    IDENTITY,
    SPECIAL,
    BlockPlace,
    SearchIndexes,
    seal_block,
)
from learner_api.adapters.postgres.record_tables import EntityTable, clear_fields
from learner_api.adapters.postgres.tables import RECORD_TABLES, SEARCH_KEYS
from learner_api.domain.learner_version import LearnerVersion
from learner_api.domain.partition import divide
from matricula_contracts.fields import ENTITIES, Entity, Field

Row = tuple[Any, ...]


LEARNER_COLUMNS: Final = (
    "learner_id",
    "person_id",
    "ukprn",
    "version",
    "source",
    "submission_id",
    "agreement_id",
    "accountable_owner",
    "entry_lag_days",
    "is_entered_late",
    "created_at",
    "updated_at",
    "digest",
    *(item.column for item in clear_fields(ENTITIES["Learner"])),
)
HISTORY_COLUMNS: Final = (
    "learner_id",
    "version",
    "recorded_at",
    "actor",
    "client_id",
    "source",
    "submission_id",
    "agreement_id",
    "verification_method",
    "changed_fields",
    "block",
)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "learner": LEARNER_COLUMNS,
    "learner_block": ("learner_id", "kind", "version", "block"),
    "learner_search": ("learner_id", *SEARCH_KEYS),
    "learner_history": HISTORY_COLUMNS,
    **{one.table.name: one.columns for one in RECORD_TABLES},
}
"""Columns by table, parents before children: the order in which rows may be copied."""

Getter = Callable[[Mapping[str, Any]], Row]


def _getter(fields: Sequence[Field]) -> Getter:
    """Build a function that reads the clear values of one row, as its columns want them."""
    names = tuple((item.name, _CONVERSIONS.get(item.type)) for item in fields)

    def read(values: Mapping[str, Any]) -> Row:
        return tuple(
            [
                value if (value := values.get(name)) is None or convert is None else convert(value)
                for name, convert in names
            ]
        )

    return read


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "date": date.fromisoformat,
    "decimal": Decimal,
}
_LEARNER: Final = _getter(clear_fields(ENTITIES["Learner"]))
_ENTITIES: Final[Mapping[str, tuple[EntityTable, Getter]]] = {
    one.entity.name: (one, _getter(one.fields)) for one in RECORD_TABLES
}


def rows_of(
    versions: Iterable[LearnerVersion], indexes: SearchIndexes, keys: Mapping[UUID, AESGCM]
) -> dict[str, list[Row]]:
    """Return the rows of these versions by table, parents first. `keys` are data keys by person."""
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    for version in versions:
        _add(version, indexes, keys[version.person_id], rows)
    return rows


def _add(
    version: LearnerVersion, indexes: SearchIndexes, key: AESGCM, rows: dict[str, list[Row]]
) -> None:
    parts = divide(version.record)
    learner_id = version.learner_id
    rows["learner"].append(learner_row(version, parts.clear))
    for kind, content in ((IDENTITY, parts.identity), (SPECIAL, parts.special)):
        place = BlockPlace(kind, learner_id, version.person_id, version.version)
        block = seal_block(content, key=key, place=place)
        rows["learner_block"].append((learner_id, kind, version.version, block))
    rows["learner_search"].append((learner_id, *indexes.of_record(version.record)))
    rows["learner_history"].append(_history_row(version, key))
    _add_children("Learner", parts.clear, (learner_id,), rows)


def learner_row(version: LearnerVersion, clear: Mapping[str, Any]) -> Row:
    """Return the row of the learner table, in the order of LEARNER_COLUMNS."""
    origin = version.provenance
    return (
        version.learner_id,
        version.person_id,
        version.ukprn,
        version.version,
        origin.source,
        origin.submission_id,
        origin.agreement_id,
        origin.accountable_owner,
        version.entry_lag_days,
        version.is_entered_late,
        version.created_at,
        version.recorded_at,
        version.digest,
        *_LEARNER(clear),
    )


def _history_row(version: LearnerVersion, key: AESGCM) -> Row:
    origin = version.provenance
    block = None
    if version.changed:
        place = BlockPlace(HISTORY, version.learner_id, version.person_id, version.version)
        old = {change.path: change.old for change in version.changed}
        block = seal_block(old, key=key, place=place)
    return (
        version.learner_id,
        version.version,
        version.recorded_at,
        origin.actor,
        origin.client_id,
        origin.source,
        origin.submission_id,
        origin.agreement_id,
        origin.verification_method,
        [change.path for change in version.changed],
        block,
    )


def _add_children(
    parent: str, values: Mapping[str, Any], key: Row, rows: dict[str, list[Row]]
) -> None:
    for name, table, repeats, has_children, read in _CHILDREN[parent]:
        found = values.get(name)
        if found is None:
            continue
        into = rows[table]
        numbered = found.items() if repeats else ((None, found),)
        for number, row in numbered:
            row_key = key if number is None else (*key, number)
            into.append((*row_key, *read(row)))
            if has_children:
                _add_children(name, row, row_key, rows)


_Child = tuple[str, str, bool, bool, Getter]
"""Name, table, whether it repeats, whether it has children, and how its row is read."""


def _children(entity: Entity) -> tuple[_Child, ...]:
    found = [_ENTITIES[name] for name in entity.children if name in _ENTITIES]
    return tuple(
        (
            stored.entity.name,
            stored.table.name,
            stored.entity.repeats,
            bool(stored.entity.children),
            read,
        )
        for stored, read in found
    )


_CHILDREN: Final[Mapping[str, tuple[_Child, ...]]] = {
    name: _children(entity) for name, entity in ENTITIES.items()
}
