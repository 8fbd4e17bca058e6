"""Which buckets of the outbox a relay owns: one advisory lock each, shared out fairly.

A lock lives as long as its connection, so a relay that dies hands over by dying. It reads no
outbox rows.
"""

import math
from typing import Final

import asyncpg

from matricula_chassis.db.outbox import BUCKETS
from matricula_chassis.db.sql import query

_CLASS: Final = 0x6F757462  # "outb"
_PRESENCE: Final = 1_000


class BucketLocks:
    """The bucket locks that one connection holds. Not to be used after the connection is lost."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._held: set[int] = set()

    @property
    def held(self) -> list[int]:
        """Return the buckets held, in order."""
        return sorted(self._held)

    async def join(self) -> None:
        """Count as a relay from now on, so that the others leave us our share."""
        await self._connection.execute(
            "SELECT pg_advisory_lock_shared($1::integer, $2::integer)", _CLASS, _PRESENCE
        )

    async def balance(self) -> None:
        """Take free buckets up to the fair share, give back what is above it.

        Call it only while nothing of the held buckets is in flight.
        """
        members = await self._connection.fetchval(
            query("matricula_chassis.messaging", "relay_members"), _CLASS, _PRESENCE
        )
        share = math.ceil(BUCKETS / max(1, members))
        for bucket in self.held[share:]:
            await self._connection.execute(
                "SELECT pg_advisory_unlock($1::integer, $2::integer)", _CLASS, bucket
            )
            self._held.discard(bucket)
        for bucket in range(BUCKETS):
            if len(self._held) >= share:
                break
            if bucket not in self._held and await self._try(bucket):
                self._held.add(bucket)

    async def _try(self, bucket: int) -> bool:
        return bool(
            await self._connection.fetchval(
                "SELECT pg_try_advisory_lock($1::integer, $2::integer)", _CLASS, bucket
            )
        )
