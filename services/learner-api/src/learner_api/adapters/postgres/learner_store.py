"""Stores and loads live learners: rows, encrypted blocks, blind indexes and history together.

Works inside the caller's transaction and never commits. Every method that finds learners takes the
provider (UKPRN) whose learners they must be.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from learner_api.adapters.postgres.key_store import KeyStore
from learner_api.adapters.postgres.learner_rows import (
    COLUMNS,
    LEARNER_COLUMNS,
    Row,
    rows_of,
)
from learner_api.adapters.postgres.person_blocks import (
    HISTORY,
    IDENTITY,
    SPECIAL,
    BlockPlace,
    SearchIndexes,
    open_block,
)
from learner_api.adapters.postgres.record_tables import EntityTable, clear_fields
from learner_api.adapters.postgres.tables import (
    RECORD_TABLES,
    learner,
    learner_block,
    learner_history,
    learner_search,
)
from learner_api.domain.learner_version import HistoryEntry, Identity, LearnerVersion, StoredLearner
from learner_api.domain.partition import Parts, Tree, rejoin
from learner_api.domain.record import person_key
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.errors import Conflict
from matricula_contracts.fields import ENTITIES

_REPLACED: Final = tuple(
    name
    for name in reversed(tuple(COLUMNS))
    if name not in {"learner", "learner_block", "learner_history"}
)
_FROZEN: Final = frozenset({"learner_id", "person_id", "ukprn", "created_at"})


class LearnerStore:
    """The learners of one transaction. Data keys are fetched, and made, as they are needed."""

    def __init__(self, uow: UnitOfWork, *, indexes: SearchIndexes, keys: KeyStore) -> None:
        self._uow = uow
        self._indexes = indexes
        self._keys = keys

    async def add(self, versions: Sequence[LearnerVersion]) -> int:
        """Insert first versions; return how many rows that took."""
        keys = await self._keys.create(one.person_id for one in versions)
        return await self._copy(rows_of(versions, self._indexes, keys), skip=())

    async def replace(self, versions: Sequence[LearnerVersion]) -> None:
        """Store next versions of learners that the caller has locked at the version before."""
        keys = await self._keys.create(one.person_id for one in versions)
        rows = rows_of(versions, self._indexes, keys)
        ids = [version.learner_id for version in versions]
        for table in _REPLACED:
            await self._uow.session.execute(
                sa.text(f"DELETE FROM {table} WHERE learner_id = ANY(:ids)").bindparams(  # noqa: S608 - names of our own tables
                    sa.bindparam("ids", ids, sa.ARRAY(sa.Uuid))
                )
            )
        for row in rows["learner"]:
            values = dict(zip(LEARNER_COLUMNS, row, strict=True))
            changed = {name: value for name, value in values.items() if name not in _FROZEN}
            await self._uow.session.execute(
                sa.update(learner)
                .where(
                    learner.c.learner_id == values["learner_id"],
                    learner.c.ukprn == values["ukprn"],
                )
                .values(**changed)
            )
        await self._copy(rows, skip=("learner",))

    # lint-skip: tenant-scope-required only locks; `load` then asks with the UKPRN
    async def lock(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        """Lock learners in the order of their ids, so that no two callers wait for each other."""
        query = (
            sa.select(learner.c.learner_id, learner.c.version)
            .where(_is_any(learner.c.learner_id, ids))
            .order_by(learner.c.learner_id)
            .with_for_update()
        )
        return {row[0]: row[1] for row in await self._uow.session.execute(query)}

    async def load(self, ids: Sequence[UUID], *, ukprn: int) -> list[StoredLearner]:
        """Load a provider's learners by id, in that order; without its key one lacks its blocks."""
        found = (
            (await self._uow.session.execute(_LOAD, {"ids": list(ids), "ukprn": ukprn}))
            .mappings()
            .all()
        )
        keys = await self._keys.fetch([row["person_id"] for row in found])
        stored = [_stored(row, keys) for row in found]
        place = {learner_id: number for number, learner_id in enumerate(ids)}
        return sorted(stored, key=lambda one: place[one.learner_id])

    async def history(self, one: StoredLearner) -> list[HistoryEntry]:
        """Return a learner's versions, the newest first."""
        query = (
            sa.select(learner_history)
            .where(learner_history.c.learner_id == one.learner_id)
            .order_by(learner_history.c.version.desc())
        )
        found = (await self._uow.session.execute(query)).mappings()
        keys = await self._keys.fetch([one.person_id])
        return [_entry(row, one.person_id, keys.get(one.person_id)) for row in found]

    # lint-skip: tenant-scope-required one ULN is one person, whichever provider reported it first
    async def identities(self, ids: Sequence[UUID]) -> dict[UUID, Identity]:
        """Return who learners of any provider are, for comparison only."""
        query = (
            sa.select(
                learner.c.learner_id,
                learner.c.person_id,
                learner.c.ukprn,
                learner.c.version,
                learner_block.c.block,
            )
            .join(
                learner_block,
                sa.and_(
                    learner_block.c.learner_id == learner.c.learner_id,
                    learner_block.c.version == learner.c.version,
                    learner_block.c.kind == IDENTITY,
                ),
            )
            .where(_is_any(learner.c.learner_id, ids))
        )
        found = (await self._uow.session.execute(query)).all()
        keys = await self._keys.fetch([row.person_id for row in found])
        return {
            row.learner_id: _identity(row, keys[row.person_id])
            for row in found
            if row.person_id in keys
        }

    async def references(self, ukprn: int, names: Sequence[str]) -> dict[str, tuple[UUID, bytes]]:
        """Return LearnRefNumber -> (learner id, digest) of a provider's learners on record."""
        query = sa.select(learner.c.learn_ref_number, learner.c.learner_id, learner.c.digest).where(
            learner.c.ukprn == ukprn, _is_any(learner.c.learn_ref_number, names)
        )
        return {row[0]: (row[1], row[2]) for row in await self._uow.session.execute(query)}

    async def with_uln(self, indexes: Sequence[int]) -> dict[int, list[UUID]]:
        """Return blind index -> learners of any provider that may have that ULN."""
        query = sa.select(learner_search.c.uln, learner_search.c.learner_id).where(
            _is_any(learner_search.c.uln, indexes)
        )
        candidates: dict[int, list[UUID]] = {}
        for index, learner_id in await self._uow.session.execute(query):
            candidates.setdefault(index, []).append(learner_id)
        return candidates

    async def matching(self, ukprn: int, wanted: Mapping[str, int], *, limit: int) -> list[UUID]:
        """Return candidates of a search by blind indexes; decrypt and compare before showing."""
        query = (
            sa.select(learner_search.c.learner_id)
            .join(learner, learner.c.learner_id == learner_search.c.learner_id)
            .where(
                learner.c.ukprn == ukprn,
                *(learner_search.c[column] == value for column, value in wanted.items()),
            )
            .order_by(learner_search.c.learner_id)
            .limit(limit)
        )
        return list((await self._uow.session.execute(query)).scalars())

    async def page(
        self,
        ukprn: int,
        *,
        after: tuple[datetime, UUID] | None,
        limit: int,
        learn_ref_number: str | None = None,
        updated_since: datetime | None = None,
    ) -> list[tuple[UUID, datetime]]:
        """Return (learner id, updated_at), the oldest change first, after a keyset cursor."""
        query = sa.select(learner.c.learner_id, learner.c.updated_at).where(
            learner.c.ukprn == ukprn
        )
        if after is not None:
            query = query.where(
                sa.tuple_(learner.c.updated_at, learner.c.learner_id) > sa.tuple_(*after)
            )
        if learn_ref_number is not None:
            query = query.where(learner.c.learn_ref_number == learn_ref_number)
        if updated_since is not None:
            query = query.where(learner.c.updated_at >= updated_since)
        query = query.order_by(learner.c.updated_at, learner.c.learner_id).limit(limit)
        return [(row[0], row[1]) for row in await self._uow.session.execute(query)]

    async def _copy(self, rows: Mapping[str, Sequence[Row]], *, skip: Sequence[str]) -> int:
        connection = await self._uow.raw()
        written = 0
        for table, records in rows.items():
            if records and table not in skip:
                try:
                    await connection.copy_records_to_table(
                        table, records=records, columns=COLUMNS[table]
                    )
                except asyncpg.UniqueViolationError:
                    # The one key that callers choose is the LearnRefNumber.
                    raise Conflict("learner-exists") from None
                written += len(records)
        return written


def _rows_as_json(one: EntityTable) -> str:
    order = ", ".join(one.numbers) or "t.learner_id"
    name = one.table.name
    return (
        f"'{name}', (SELECT json_agg(t ORDER BY {order}) "  # noqa: S608 - names of our own tables
        f"FROM {name} t WHERE t.learner_id = l.learner_id)"
    )


def _load_statement() -> sa.TextClause:
    """One round trip: the learner, its rows as JSON by table, its newest blocks."""
    children = ", ".join(_rows_as_json(one) for one in RECORD_TABLES)
    return sa.text(
        "SELECT l.*, to_json(l)::text AS own, "  # noqa: S608 - names of our own tables
        f"json_build_object({children})::text AS children, "
        "(SELECT b.block FROM learner_block b WHERE b.learner_id = l.learner_id "
        f" AND b.version = l.version AND b.kind = {IDENTITY}) AS identity_block, "
        "(SELECT b.block FROM learner_block b WHERE b.learner_id = l.learner_id "
        f" AND b.version = l.version AND b.kind = {SPECIAL}) AS special_block "
        "FROM learner l WHERE l.learner_id = ANY(:ids) "
        "AND l.ukprn = :ukprn"
    ).bindparams(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))


_LOAD: Final = _load_statement()


def _is_any(column: sa.Column[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.cast(list(values), sa.ARRAY(column.type)))


def _identity(row: Any, key: AESGCM) -> Identity:
    place = BlockPlace(IDENTITY, row.learner_id, row.person_id, row.version)
    content = open_block(row.block, key=key, place=place)
    return Identity(row.person_id, row.ukprn, content.get("ULN"), person_key(content))


def _stored(row: sa.RowMapping, keys: Mapping[UUID, AESGCM]) -> StoredLearner:
    key = keys.get(row["person_id"])
    clear = _clear(orjson.loads(row["own"]), orjson.loads(row["children"]))
    blocks = [
        {}
        if key is None or row[name] is None
        else open_block(
            row[name],
            key=key,
            place=BlockPlace(kind, row["learner_id"], row["person_id"], row["version"]),
        )
        for name, kind in (("identity_block", IDENTITY), ("special_block", SPECIAL))
    ]
    return StoredLearner(
        learner_id=row["learner_id"],
        person_id=row["person_id"],
        ukprn=row["ukprn"],
        version=row["version"],
        record=rejoin(Parts(clear, *blocks)),
        source=row["source"],
        submission_id=row["submission_id"],
        agreement_id=row["agreement_id"],
        accountable_owner=row["accountable_owner"],
        entry_lag_days=row["entry_lag_days"],
        is_entered_late=row["is_entered_late"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        digest=row["digest"],
        is_readable=key is not None,
    )


def _clear(own: Mapping[str, Any], children: Mapping[str, Any]) -> Tree:
    """Rebuild the clear part of a record from its rows as JSON."""
    tree: Tree = {
        item.name: own[item.column]
        for item in clear_fields(ENTITIES["Learner"])
        if own[item.column] is not None
    }
    for stored in RECORD_TABLES:
        for row in children[stored.table.name] or ():
            _place(tree, stored, row)
    return tree


def _place(tree: Tree, stored: EntityTable, row: Mapping[str, Any]) -> None:
    node = tree
    names = stored.entity.path.split(".")[1:]
    numbers = iter(stored.numbers)
    for name in names:
        node = node.setdefault(name, {})
        if ENTITIES[name].repeats:
            node = node.setdefault(row[next(numbers)], {})
    for item in stored.fields:
        value = row[item.column]
        if value is not None:
            node[item.name] = str(value) if item.type == "decimal" else value


def _entry(row: sa.RowMapping, person_id: UUID, key: AESGCM | None) -> HistoryEntry:
    old = None
    if row["block"] is not None and key is not None:
        place = BlockPlace(HISTORY, row["learner_id"], person_id, row["version"])
        old = open_block(row["block"], key=key, place=place)
    return HistoryEntry(
        version=row["version"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        source=row["source"],
        submission_id=row["submission_id"],
        agreement_id=row["agreement_id"],
        verification_method=row["verification_method"],
        changed_fields=tuple(row["changed_fields"]),
        old_values=old,
    )
