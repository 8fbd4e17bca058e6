"""Reads the sealed log whole, in batches, for exports. Each batch is a short transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from sqlalchemy import select

from event_log.adapters.postgres.tables import checkpoint, event, tile
from event_log.domain.merkle import HASH_BYTES, TILE_WIDTH, TileId
from matricula_chassis.db.engine import Database

_EVENTS: Final = 2048
_TILES: Final = 128
_NOTES: Final = 1024


# lint-skip: tenant-scope-required an export is the whole log, or it proves nothing
class PostgresSealedLog:
    """The log as of a signed size. Nothing below that size ever changes."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    async def lines(self, size: int) -> AsyncIterator[Sequence[bytes]]:
        """Yield the canonical events 0 to size - 1 in order."""
        for first in range(0, size, _EVENTS):
            end = min(first + _EVENTS, size)
            async with self._engine.connect() as connection:
                found = await connection.execute(
                    select(event.c.canonical)
                    .where(event.c.position >= first, event.c.position < end)
                    .order_by(event.c.position)
                )
                yield found.scalars().all()

    async def tiles(self, size: int) -> AsyncIterator[Mapping[TileId, bytes]]:
        """Yield all tiles of a tree of this size, cut to the width they had then."""
        level, nodes = 0, size
        while nodes:
            for first in range(0, -(-nodes // TILE_WIDTH), _TILES):
                yield await self._tiles(level, first, nodes=nodes)
            level, nodes = level + 1, nodes // TILE_WIDTH

    async def block_notes(self, size: int) -> AsyncIterator[Sequence[str]]:
        """Yield the signed checkpoints at multiples of 256 below `size`, in order."""
        for first in range(TILE_WIDTH, size, TILE_WIDTH * _NOTES):
            sizes = range(first, min(first + TILE_WIDTH * _NOTES, size), TILE_WIDTH)
            async with self._engine.connect() as connection:
                found = await connection.execute(
                    select(checkpoint.c.note)
                    .where(checkpoint.c.size.in_(sizes), checkpoint.c.note.is_not(None))
                    .order_by(checkpoint.c.size)
                )
                yield found.scalars().all()

    async def note(self, size: int) -> str:
        """Return the signed checkpoint of exactly this size; LookupError when there is none."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(checkpoint.c.note).where(checkpoint.c.size == size)
            )
            note = found.scalar_one_or_none()
        if note is None:
            raise LookupError("no signed checkpoint of this size")
        return str(note)

    async def newest_size(self) -> int | None:
        """Return the newest signed size, or None before the first signature."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(checkpoint.c.size)
                .where(checkpoint.c.note.is_not(None))
                .order_by(checkpoint.c.size.desc())
                .limit(1)
            )
            return found.scalar_one_or_none()

    async def _tiles(self, level: int, first: int, *, nodes: int) -> dict[TileId, bytes]:
        last = min(first + _TILES, -(-nodes // TILE_WIDTH))
        async with self._engine.connect() as connection:
            found = await connection.execute(
                select(tile.c.index, tile.c.hashes)
                .where(tile.c.level == level, tile.c.index >= first, tile.c.index < last)
                .order_by(tile.c.index)
            )
            return {
                TileId(level, index): hashes[: (nodes - index * TILE_WIDTH) * HASH_BYTES]
                for index, hashes in found
            }
