"""Lists what consumers and relays of a service could not handle: ids, types and reasons.

Reads only; `replay` is the service's own command. Payloads are never shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from matricula_localstack.provision import plain

_SECONDS: Final = 10
_QUERY: Final = """
SELECT id, consumer, topic, coalesce(type, '') AS type, event_id::text AS event_id, reason,
       created_at
  FROM dead_letter
 WHERE resolved_at IS NULL
 ORDER BY id
 LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that waits for a person; `reason` is a code."""

    id: int
    consumer: str
    topic: str
    type: str
    event_id: str
    reason: str
    created_at: datetime


async def unresolved(url: str, *, limit: int) -> Sequence[DeadLetter]:
    """Return the oldest unresolved dead letters of the service's database."""
    connection = await asyncpg.connect(plain(url), timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        return [DeadLetter(**dict(row)) for row in await connection.fetch(_QUERY, limit)]
    finally:
        await connection.close(timeout=_SECONDS)
