"""Dead letters: records that cannot be applied now, kept in order with everything of theirs.

Rows of a table, written in the transaction of the inbox mark, so that they can be queried,
replayed in order and erased. While a key has one, later events of the key join it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from matricula_chassis.db.sql import query
from matricula_chassis.messaging.delivery import Delivery, instant_of, type_of
from matricula_chassis.messaging.metrics import DEAD_LETTERS

_PACKAGE: Final = "matricula_chassis.messaging"

Lane = tuple[str, bytes]  # topic and key

PARKED_KEY: Final = "parked-key"
TOO_OLD: Final = "older-than-inbox"


@dataclass(frozen=True, slots=True)
class Burial:
    """A delivery that becomes a dead letter. `reason` is `family` or `family:detail`, no text."""

    delivery: Delivery
    reason: str
    error_class: str | None = None

    @property
    def family(self) -> str:
        """Return the part of the reason that is fit for a metric's label."""
        return self.reason.partition(":")[0]


async def bury(
    raw: "asyncpg.Connection[asyncpg.Record]",
    consumer: str,
    burials: Sequence[Burial],
    *,
    now: datetime,
) -> None:
    """Insert the dead letters in their order, in the open transaction."""
    await raw.executemany(
        query(_PACKAGE, "dead_letter_insert"), [_row(consumer, burial, now) for burial in burials]
    )


def count_burials(consumer: str, burials: Iterable[Burial]) -> None:
    """Count dead letters whose transaction was committed."""
    for burial in burials:
        DEAD_LETTERS.labels(consumer, burial.family).inc()


async def parked_lanes(
    raw: "asyncpg.Connection[asyncpg.Record]", consumer: str, lanes: Collection[Lane]
) -> set[Lane]:
    """Return which of the keys are parked, holding them so until the transaction ends.

    A replay that is about to free a key holds its lock: this waits for it and looks again.
    """
    if not await raw.fetchval(query(_PACKAGE, "dead_letter_any"), consumer):
        return set()
    found = await _unresolved(raw, consumer, lanes)
    if not found:
        return found
    for lane in sorted(found):
        await lock_lane(raw, consumer, lane)
    return await _unresolved(raw, consumer, found)


async def lock_lane(
    raw: "asyncpg.Connection[asyncpg.Record]", consumer: str, lane: tuple[str, bytes | None]
) -> None:
    """Hold the parking of one key until the transaction ends."""
    topic, key = lane
    name = f"{consumer}/{topic}/{'' if key is None else key.hex()}"
    await raw.execute(query(_PACKAGE, "dead_letter_lock"), name)


async def _unresolved(
    raw: "asyncpg.Connection[asyncpg.Record]", consumer: str, lanes: Collection[Lane]
) -> set[Lane]:
    rows = await raw.fetch(
        query(_PACKAGE, "dead_letter_parked"),
        consumer,
        [topic for topic, _ in lanes],
        [key for _, key in lanes],
    )
    return {(row["topic"], row["key"]) for row in rows}


def _row(consumer: str, burial: Burial, now: datetime) -> tuple[object, ...]:
    record = burial.delivery.record
    return (
        consumer,
        burial.delivery.event_id,
        record.topic,
        record.partition,
        record.offset,
        instant_of(record.timestamp),
        record.key,
        type_of(record.headers),
        record.value,
        [name.encode() for name, _ in record.headers],
        [value for _, value in record.headers],
        burial.reason,
        burial.error_class,
        now,
    )
