"""Upkeep of the outbox under the relay's role: deleting what is sealed, releasing what is parked.

Nothing leaves the outbox before the event log has it; what the log misses is published again.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from matricula_chassis.clock import Clock
from matricula_chassis.db.sql import query
from matricula_chassis.messaging.connections import connect_directly
from matricula_chassis.messaging.metrics import OUTBOX_UNSEALED

_LOG: Final = structlog.get_logger()
_PACKAGE: Final = "matricula_chassis.messaging"

AskSealed = Callable[[Sequence[UUID]], Awaitable[Collection[UUID]]]
"""Asks the event log which of these event ids it has sealed."""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """What a clean-up did: rows deleted, and rows that the log missed, published again."""

    deleted: int
    published_again: int


async def clean_up_outbox(
    relay_url: str,
    ask_sealed: AskSealed,
    *,
    clock: Clock,
    older_than: timedelta = timedelta(hours=24),
    batch: int = 1000,
) -> CleanUp:
    """Go through the rows published longer ago than `older_than`, in small batches."""
    connection = await connect_directly(relay_url, application_name="outbox-clean-up")
    deleted = again = last = 0
    try:
        before = clock.now() - older_than
        while rows := await connection.fetch(
            query(_PACKAGE, "outbox_published"), last, before, batch
        ):
            last = rows[-1]["seq"]
            sealed = set(await ask_sealed([row["event_id"] for row in rows]))
            kept = [row["seq"] for row in rows if row["event_id"] not in sealed]
            gone = [row["seq"] for row in rows if row["event_id"] in sealed]
            await connection.execute(query(_PACKAGE, "outbox_delete"), gone)
            deleted += len(gone)
            if kept:
                await connection.execute(query(_PACKAGE, "outbox_publish_again"), kept)
                OUTBOX_UNSEALED.inc(len(kept))
                _LOG.error("outbox.not_sealed", rows=len(kept))
                again += len(kept)
    finally:
        await connection.close(timeout=5)
    return CleanUp(deleted, again)


async def release_parked(
    relay_url: str, *, clock: Clock, key: str | None, by: str, reason: str
) -> list[UUID]:
    """Let the relay try parked keys again (one, or all) and return the ids of their first events.

    `by` is the pseudonym of who decided and `reason` the code why; both stay with the dead letter.
    """
    connection = await connect_directly(relay_url, application_name="outbox-release")
    try:
        rows = await connection.fetch(
            query(_PACKAGE, "relay_release"), key, clock.now(), by, reason
        )
    finally:
        await connection.close(timeout=5)
    return [row["event_id"] for row in rows]
