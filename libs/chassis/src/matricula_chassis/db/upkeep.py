"""Upkeep of the chassis tables under the application's role: what has served its time is deleted.

In small batches, each its own transaction, so that nobody waits for it. The outbox is not here:
it belongs to the relay's role.
"""

from datetime import datetime, timedelta
from typing import Final

from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.db.sql import query

_PACKAGE: Final = "matricula_chassis.db"


async def expire_idempotency_keys(
    database: Database,
    *,
    clock: Clock,
    older_than: timedelta = timedelta(hours=24),
    batch: int = 5000,
) -> int:
    """Forget keys claimed longer ago than `older_than`; return how many."""
    return await _delete(database, "idempotency_delete", clock.now() - older_than, batch)


async def delete_resolved_dead_letters(
    database: Database, *, clock: Clock, older_than: timedelta, batch: int = 500
) -> int:
    """Delete dead letters that were replayed or discarded before then; return how many."""
    return await _delete(database, "dead_letter_delete", clock.now() - older_than, batch)


async def _delete(database: Database, name: str, before: datetime, batch: int) -> int:
    deleted = 0
    while True:
        async with database.engine.begin() as connection:
            result = await connection.exec_driver_sql(query(_PACKAGE, name), (before, batch))
        deleted += result.rowcount
        if result.rowcount < batch:
            return deleted
