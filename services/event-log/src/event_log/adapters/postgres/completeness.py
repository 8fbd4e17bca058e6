"""How far the producers' numbering has been examined, and what is missing in it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from event_log.adapters.postgres.tables import checkpoint, completeness, event, sequence_gap, stream
from event_log.domain.completeness import Stream, StreamKey
from matricula_chassis.db.engine import Database


@asynccontextmanager
async def completeness_store(database: Database) -> AsyncIterator["PostgresCompleteness"]:
    """Open one transaction; only one examination runs at a time."""
    async with database.engine.begin() as connection:
        yield PostgresCompleteness(connection)


# lint-skip: tenant-scope-required the numbering of every producer is examined
class PostgresCompleteness:
    """The state of the examination within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def next_run(self, limit: int) -> tuple[int, Mapping[StreamKey, Sequence[int]]]:
        """Return the end of the next run of positions and its numbers by stream; 0 for none."""
        begun = await self._connection.execute(select(completeness.c.examined).with_for_update())
        first = begun.scalar_one()
        signed = await self._connection.execute(
            select(func.max(checkpoint.c.size)).where(checkpoint.c.note.is_not(None))
        )
        end = min(first + limit, signed.scalar_one_or_none() or 0)
        if end <= first:
            return 0, {}
        rows = await self._connection.execute(
            select(event.c.topic, event.c.subject, event.c.sequence).where(
                event.c.position >= first, event.c.position < end, event.c.sequence > 0
            )
        )
        numbers: dict[StreamKey, list[int]] = defaultdict(list)
        for topic, subject, sequence in rows:
            numbers[StreamKey(topic, subject)].append(sequence)
        return end, numbers

    async def streams(self, keys: Sequence[StreamKey]) -> Mapping[StreamKey, Stream]:
        """Return what is known of these streams."""
        wanted = [(key.topic, key.subject) for key in keys]
        gaps: dict[StreamKey, list[tuple[int, int]]] = defaultdict(list)
        rows = await self._connection.execute(
            select(sequence_gap)
            .where(tuple_(sequence_gap.c.topic, sequence_gap.c.subject).in_(wanted))
            .order_by(sequence_gap.c.first_missing)
        )
        for row in rows:
            gaps[StreamKey(row.topic, row.subject)].append((row.first_missing, row.last_missing))
        heads = await self._connection.execute(
            select(stream).where(tuple_(stream.c.topic, stream.c.subject).in_(wanted))
        )
        keyed = ((StreamKey(row.topic, row.subject), row.head) for row in heads)
        return {key: Stream(head, tuple(gaps.get(key, ()))) for key, head in keyed}

    async def store(
        self, streams: Mapping[StreamKey, Stream], *, examined: int, now: datetime
    ) -> None:
        """Store what is known now, and how far."""
        if streams:
            await self._store_heads(streams)
            await self._store_gaps(streams, now=now)
        await self._connection.execute(update(completeness).values(examined=examined))

    async def gaps(self, limit: int) -> Sequence[tuple[StreamKey, int, int, datetime]]:
        """Return missing runs (first, last) with when they were noticed, oldest first."""
        rows = await self._connection.execute(
            select(sequence_gap)
            .order_by(sequence_gap.c.found_at, sequence_gap.c.topic, sequence_gap.c.subject)
            .limit(limit)
        )
        return [
            (StreamKey(row.topic, row.subject), row.first_missing, row.last_missing, row.found_at)
            for row in rows
        ]

    async def totals(self) -> tuple[int, int]:
        """Return how many runs are missing, and how many positions were examined."""
        found = await self._connection.execute(
            select(
                select(func.count()).select_from(sequence_gap).scalar_subquery(),
                select(completeness.c.examined).scalar_subquery(),
            )
        )
        missing, examined = found.one()
        return missing, examined

    async def _store_heads(self, streams: Mapping[StreamKey, Stream]) -> None:
        add = insert(stream)
        await self._connection.execute(
            add.on_conflict_do_update(
                index_elements=[stream.c.topic, stream.c.subject],
                set_={"head": add.excluded.head},
            ),
            [
                {"topic": key.topic, "subject": key.subject, "head": one.head}
                for key, one in streams.items()
            ],
        )

    async def _store_gaps(self, streams: Mapping[StreamKey, Stream], *, now: datetime) -> None:
        keys = [(key.topic, key.subject) for key in streams]
        known = await self._connection.execute(
            delete(sequence_gap)
            .where(tuple_(sequence_gap.c.topic, sequence_gap.c.subject).in_(keys))
            .returning(sequence_gap.c.topic, sequence_gap.c.subject, text("found_at"))
        )
        since: dict[StreamKey, datetime] = {}
        for topic, subject, found_at in known:
            key = StreamKey(topic, subject)
            since[key] = min(found_at, since.get(key, found_at))
        rows = [
            {
                "topic": key.topic,
                "subject": key.subject,
                "first_missing": first,
                "last_missing": last,
                "found_at": since.get(key, now),
            }
            for key, one in streams.items()
            for first, last in one.gaps
        ]
        if rows:
            await self._connection.execute(insert(sequence_gap), rows)
