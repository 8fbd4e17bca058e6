"""Exports: what people asked for, and the queue that the background worker takes them from."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from event_log.adapters.postgres.tables import export
from event_log.domain.exports import Export, ExportState
from matricula_chassis.db.engine import Database

_COLUMNS: Final = tuple(column for column in export.c if column.name != "alive_at")


class PostgresExports:
    """Exports within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, one: Export) -> None:
        """Add a queued export."""
        await self._session.execute(insert(export).values(**asdict(one)))

    async def get(self, export_id: UUID, *, requested_by: str, ukprn: int | None) -> Export | None:
        """Return one export of this requester, asked for within this provider."""
        found = await self._session.execute(
            select(*_COLUMNS).where(
                export.c.export_id == export_id,
                export.c.requested_by == requested_by,
                export.c.ukprn == ukprn,
            )
        )
        row = found.mappings().first()
        return None if row is None else _export(row)


# lint-skip: tenant-scope-required the worker builds the exports of everybody
class PostgresExportQueue:
    """Exports as the background worker sees them; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    async def claim(self, *, now: datetime, abandoned_before: datetime) -> Export | None:
        """Take the oldest queued export, or one whose worker was silent since."""
        waiting = or_(
            export.c.state == ExportState.QUEUED,
            and_(export.c.state == ExportState.RUNNING, export.c.alive_at < abandoned_before),
        )
        oldest = (
            select(export.c.export_id)
            .where(waiting)
            .order_by(export.c.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        async with self._engine.begin() as connection:
            found = await connection.execute(
                update(export)
                .where(export.c.export_id == oldest)
                .values(state=ExportState.RUNNING, alive_at=now, events_written=0)
                .returning(*_COLUMNS)
            )
            row = found.mappings().first()
        return None if row is None else _export(row)

    async def progress(self, export_id: UUID, *, events_written: int, now: datetime) -> None:
        """Note how far it is; also the sign of life."""
        await self._change(export_id, events_written=events_written, alive_at=now)

    async def finish(
        self, export_id: UUID, *, size_bytes: int, now: datetime, expires_at: datetime
    ) -> None:
        """Mark it ready."""
        await self._change(
            export_id,
            state=ExportState.READY,
            events_written=export.c.size,
            bytes=size_bytes,
            finished_at=now,
            expires_at=expires_at,
        )

    async def fail(self, export_id: UUID, *, now: datetime) -> None:
        """Mark it failed."""
        await self._change(export_id, state=ExportState.FAILED, finished_at=now)

    async def expire(self, *, now: datetime) -> Sequence[UUID]:
        """Mark those whose time is over as expired and return them."""
        async with self._engine.begin() as connection:
            found = await connection.execute(
                update(export)
                .where(export.c.state == ExportState.READY, export.c.expires_at <= now)
                .values(state=ExportState.EXPIRED)
                .returning(export.c.export_id)
            )
            return list(found.scalars())

    async def _change(self, export_id: UUID, **values: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(export)
                .where(export.c.export_id == export_id, export.c.state == ExportState.RUNNING)
                .values(**values)
            )


def _export(row: RowMapping) -> Export:
    return Export(**{**row, "state": ExportState(row["state"])})
