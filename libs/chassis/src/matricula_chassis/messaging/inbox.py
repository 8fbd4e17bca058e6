"""The inbox: which events a consumer has seen, in the transaction of their effect.

A conflict on its primary key makes a second member wait for the first and then skip.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.db.sql import query

_PACKAGE: Final = "matricula_chassis.messaging"
_MILLISECOND: Final = timedelta(milliseconds=1)


async def claim(
    raw: "asyncpg.Connection[asyncpg.Record]",
    consumer: str,
    event_ids: Sequence[UUID],
    *,
    now: datetime,
) -> set[UUID]:
    """Mark the events as applied and return those that were not there yet."""
    rows = await raw.fetch(query(_PACKAGE, "inbox_claim"), consumer, event_ids, now)
    return {row[0] for row in rows}


async def mark_dead(
    raw: "asyncpg.Connection[asyncpg.Record]", consumer: str, event_ids: Sequence[UUID]
) -> None:
    """Turn the marks of claimed events into "dead-lettered"."""
    await raw.execute(query(_PACKAGE, "inbox_mark_dead"), consumer, event_ids)


async def mark_replayed(
    raw: "asyncpg.Connection[asyncpg.Record]", consumer: str, event_id: UUID, *, now: datetime
) -> bool:
    """Turn "dead-lettered" into "applied"; False when the event was applied already."""
    return bool(await raw.fetchval(query(_PACKAGE, "inbox_mark_applied"), consumer, event_id, now))


async def clean_up_inbox(
    database: Database,
    consumer: str,
    *,
    clock: Clock,
    older_than: timedelta,
    batch: int = 5000,
) -> int:
    """Forget events made longer ago than `older_than`, in small batches; return how many.

    The period must exceed the topic's retention and the consumer's inbox window.
    """
    cutoff = clock.now() - older_than
    lower_bound = UUID(int=int(cutoff.timestamp() * 1000) << 80)
    deleted = 0
    while True:
        async with database.engine.begin() as connection:
            result = await connection.exec_driver_sql(
                query(_PACKAGE, "inbox_delete"), (consumer, lower_bound, cutoff, batch)
            )
        deleted += result.rowcount
        if result.rowcount < batch:
            return deleted
