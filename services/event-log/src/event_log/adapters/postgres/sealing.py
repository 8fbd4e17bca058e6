"""The sealer's own connection: holds the lock, moves arrivals into the log, stores its tree.

Everything of one batch is one transaction on the connection that holds the lock, so whoever loses
the lock loses the transaction too. It signs nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import asyncpg

from event_log.domain.errors import LogForkedError
from event_log.domain.merkle import EMPTY_ROOT, GrowingTree, TileId, edge_tiles
from event_log.domain.sealing import FACETS, Arrival, Batch
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.db.sql import query

declare_crash_points("sealer.before_move", "sealer.before_tiles", "sealer.before_batch_commit")

_PACKAGE: Final = "event_log.adapters.postgres"
_LOCK: Final = 0x6576_6C6F_6753_4541  # "evlogSEA"
_TIMEOUT_SECONDS: Final = 60

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def sealing_connection(database_url: str) -> AsyncIterator["SealingStore"]:
    """Open a direct connection; the lock, once taken, lives as long as it does."""
    connection: Connection = await asyncpg.connect(
        database_url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=10,
        command_timeout=_TIMEOUT_SECONDS,
        server_settings={
            "application_name": "event-log seal",
            "statement_timeout": str(_TIMEOUT_SECONDS * 1000),
            "lock_timeout": "5000",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    try:
        yield SealingStore(connection)
    finally:
        await connection.close(timeout=5)


# lint-skip: tenant-scope-required the tree is built over the events of all providers
class SealingStore:
    """What the sealer reads and writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take_lock(self) -> bool:
        """Become the one active sealer; False while another is."""
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))

    async def load_tree(self) -> GrowingTree:
        """Rebuild the right edge of the tree, signed or not, and check it against its root.

        A log that does not exist yet begins here, with the mark of its empty tree.
        """
        found = await self._connection.fetchrow(
            "SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1"
        )
        if found is None:
            await self._connection.execute(
                "INSERT INTO checkpoint (size, root) VALUES (0, $1)", EMPTY_ROOT
            )
            return GrowingTree()
        ids = [tile_id for tile_id, _ in edge_tiles(found["size"])]
        rows = await self._connection.fetch(
            query(_PACKAGE, "tiles"), [one.level for one in ids], [one.index for one in ids]
        )
        tiles = {TileId(row["level"], row["index"]): row["hashes"] for row in rows}
        try:
            tree = GrowingTree.resume(found["size"], tiles)
        except KeyError:
            raise LogForkedError(signed_size=found["size"], reason="tile-missing") from None
        if tree.root() != found["root"]:
            raise LogForkedError(signed_size=found["size"], reason="tiles-do-not-give-root")
        return tree

    async def unsealed(self, limit: int, *, after: int = 0) -> list[Arrival]:
        """Return the next arrivals in their order.

        `after` passes over the dead entries of what was taken already. Begin again from 0 from
        time to time: a transaction that commits late leaves lower numbers than were seen.
        """
        rows = await self._connection.fetch(query(_PACKAGE, "unsealed"), after, limit)
        return [
            Arrival(number, event_id, canonical, time, is_sealed, tuple(facets))
            for number, event_id, canonical, time, is_sealed, *facets in rows
        ]

    async def oldest_unsealed_seconds(self) -> float:
        """Return how long the oldest arrival has waited; 0 when none waits."""
        age = await self._connection.fetchval(
            "SELECT extract(epoch FROM now() - received_at) FROM arrival ORDER BY arrival LIMIT 1"
        )
        return max(0.0, float(age or 0))

    async def store(self, batch: Batch) -> None:
        """Store one step of the log; all of it or nothing."""
        async with self._connection.transaction():
            if batch.repeated:
                await self._connection.execute(
                    "DELETE FROM arrival WHERE arrival = ANY($1::bigint[])", list(batch.repeated)
                )
            if not batch.arrivals:
                return
            crash_point("sealer.before_move")
            moved = await self._connection.execute(
                query(_PACKAGE, "seal"), list(batch.arrivals), batch.first_position
            )
            if moved != f"INSERT 0 {len(batch.arrivals)}":
                raise LogForkedError(signed_size=batch.first_position, reason="arrivals-vanished")
            crash_point("sealer.before_tiles")
            await self._store_tree(batch)
            crash_point("sealer.before_batch_commit")

    async def _store_tree(self, batch: Batch) -> None:
        ids = list(batch.tiles)
        await self._connection.execute(
            query(_PACKAGE, "store_tiles"),
            [one.level for one in ids],
            [one.index for one in ids],
            [batch.tiles[one] for one in ids],
        )
        await self._connection.executemany(
            query(_PACKAGE, "sum_up_block"),
            [
                (number, one.earliest, one.latest, *(one.values(name) for name in FACETS))
                for number, one in batch.blocks.items()
            ],
        )
        await self._connection.executemany(
            "INSERT INTO checkpoint (size, root) VALUES ($1, $2)", batch.marks
        )
