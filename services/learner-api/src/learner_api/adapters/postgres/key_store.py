"""The data keys of persons and submissions: one row each, wrapped by the key-encryption key.

They live in a database of their own, under a role of their own. A key is written before anything
that it encrypts, so a crash leaves an unused key and never an unreadable record. Destroying a key
makes every version of what it encrypted unreadable, copies in backups included.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncConnection

from learner_api.adapters.postgres.data_key_cache import DataKeyCache
from learner_api.adapters.postgres.tables import person_key, submission_key
from matricula_chassis.clock import Clock
from matricula_chassis.crypto import KeyEncryptionKey, cipher_of, new_key
from matricula_chassis.db.engine import Database

BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Kind:
    table: sa.Table
    column: str
    label: bytes


PERSON: Final = _Kind(person_key, "person_id", b"person")
SUBMISSION: Final = _Kind(submission_key, "submission_id", b"submission")


class KeyStore:
    """Creates, fetches and destroys data keys. Every method is one transaction of its own.

    Each raises Unavailable while the database of the keys does not answer.
    """

    def __init__(self, database: Database, *, kek: KeyEncryptionKey, clock: Clock) -> None:
        self._database = database
        self._kek = kek
        self._clock = clock
        self._cache = DataKeyCache(kek, clock=clock)

    async def create(self, owners: Iterable[UUID], kind: _Kind = PERSON) -> dict[UUID, AESGCM]:
        """Make and store a key for each owner that has none; return the keys of all of them."""
        ids = list(dict.fromkeys(owners))
        if not ids:
            return {}
        now = self._clock.now()
        fresh = {owner: new_key() for owner in ids}
        rows = [
            {
                kind.column: owner,
                "wrapped_key": self._kek.wrap(key, context=_context(kind, owner)),
                "kek_id": self._kek.key_id,
                "created_at": now,
            }
            for owner, key in fresh.items()
        ]
        statement = _insert(kind)
        async with self._transaction() as connection:
            inserted: set[UUID] = set()
            for start in range(0, len(rows), BATCH):
                part = rows[start : start + BATCH]
                result = await connection.execute(statement, _columns(part, kind))
                inserted.update(result.scalars())
        keys = {owner: cipher_of(fresh[owner]) for owner in ids if owner in inserted}
        missing = [owner for owner in ids if owner not in inserted]
        return keys | await self.fetch(missing, kind)

    async def fetch(self, owners: Sequence[UUID], kind: _Kind = PERSON) -> dict[UUID, AESGCM]:
        """Return the keys of these owners; one whose key was destroyed is not among them."""
        if not owners:
            return {}
        owner = kind.table.c[kind.column]
        query = sa.select(owner, kind.table.c.wrapped_key).where(
            owner == sa.any_(sa.cast(list(owners), sa.ARRAY(sa.Uuid)))
        )
        async with self._transaction() as connection:
            found = (await connection.execute(query)).all()
        return {
            row[0]: self._cache.cipher(row[0], row[1], context=_context(kind, row[0]))
            for row in found
        }

    async def create_for_submission(self, submission_id: UUID) -> AESGCM:
        """Make and store the key of one submission, or return the one it has."""
        return (await self.create([submission_id], SUBMISSION))[submission_id]

    async def of_submission(self, submission_id: UUID) -> AESGCM | None:
        """Return the key of one submission; None once it was destroyed."""
        return (await self.fetch([submission_id], SUBMISSION)).get(submission_id)

    async def destroy(self, owner: UUID, kind: _Kind = PERSON) -> bool:
        """Delete an owner's key for good; says whether there was one."""
        self._cache.drop(owner)
        statement = sa.delete(kind.table).where(kind.table.c[kind.column] == owner)
        async with self._transaction() as connection:
            return bool((await connection.execute(statement)).rowcount)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction; a fault of the database that will pass becomes Unavailable."""
        try:
            async with self._database.engine.begin() as connection:
                yield connection
        except Exception as error:
            unavailable = self._database.explain(error)
            if unavailable is None:
                raise
            raise unavailable from error


def _context(kind: _Kind, owner: UUID) -> bytes:
    return kind.label + b"|" + owner.bytes


def _insert(kind: _Kind) -> sa.TextClause:
    return sa.text(
        f"INSERT INTO {kind.table.name} ({kind.column}, wrapped_key, kek_id, created_at) "  # noqa: S608 - names of our own tables
        "SELECT * FROM unnest(:owners, :wrapped, :keks, :times) "
        f"ON CONFLICT DO NOTHING RETURNING {kind.column}"
    ).bindparams(
        sa.bindparam("owners", type_=sa.ARRAY(sa.Uuid)),
        sa.bindparam("wrapped", type_=sa.ARRAY(sa.LargeBinary)),
        sa.bindparam("keks", type_=sa.ARRAY(sa.Text)),
        sa.bindparam("times", type_=sa.ARRAY(sa.DateTime(timezone=True))),
    )


def _columns(rows: Sequence[Mapping[str, object]], kind: _Kind) -> dict[str, list[object]]:
    return {
        "owners": [row[kind.column] for row in rows],
        "wrapped": [row["wrapped_key"] for row in rows],
        "keks": [row["kek_id"] for row in rows],
        "times": [row["created_at"] for row in rows],
    }
