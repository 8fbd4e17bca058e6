"""Marks of the tree and their signatures."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from event_log.adapters.postgres.tables import checkpoint


class PostgresCheckpoints:
    """Checkpoints within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def unsigned(self) -> Sequence[tuple[int, bytes]]:
        """Return (size, root) of the marks that wait for their signature, in order."""
        found = await self._session.execute(
            select(checkpoint.c.size, checkpoint.c.root)
            .where(checkpoint.c.note.is_(None))
            .order_by(checkpoint.c.size)
        )
        return [(size, root) for size, root in found]

    async def root_at(self, size: int) -> bytes | None:
        """Return the root of the mark of exactly this size."""
        found = await self._session.execute(
            select(checkpoint.c.root).where(checkpoint.c.size == size)
        )
        return found.scalar_one_or_none()

    async def sign(self, notes: Sequence[tuple[int, str]], *, at: datetime) -> None:
        """Store the signed notes of marks; one that is signed already stays as it is."""
        connection = await self._session.connection()
        await connection.execute(
            update(checkpoint)
            .where(checkpoint.c.size == bindparam("of_size"), checkpoint.c.note.is_(None))
            .values(note=bindparam("signed_note"), signed_at=at),
            [{"of_size": size, "signed_note": note} for size, note in notes],
        )

    async def latest(self) -> tuple[int, str] | None:
        """Return size and note of the newest signed checkpoint."""
        found = await self._session.execute(
            select(checkpoint.c.size, checkpoint.c.note)
            .where(checkpoint.c.note.is_not(None))
            .order_by(checkpoint.c.size.desc())
            .limit(1)
        )
        row = found.first()
        return None if row is None else (row.size, row.note)
