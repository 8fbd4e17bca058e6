"""Writes outbox rows: the last statement of a transaction, called by the unit of work only.

Few rows go as one INSERT, many as COPY. The bucket of a key never changes: relays share the
buckets, and a key that moved would lose its order.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Final
from uuid import UUID
from zlib import crc32

import asyncpg
import orjson

from matricula_chassis.db.sql import query
from matricula_chassis.messaging.envelope import Envelope

BUCKETS: Final = 16
_COPY_FROM: Final = 200
_COLUMNS: Final = ("event_id", "topic", "key", "bucket", "payload", "headers", "created_at")

_Row = tuple[UUID, str, str, int, bytes, str, datetime]


def bucket_of(key: str) -> int:
    """Return the bucket of a record key, 0 to 15, the same in every process for ever."""
    return crc32(key.encode()) % BUCKETS


async def write_outbox(
    connection: "asyncpg.Connection[asyncpg.Record]", envelopes: Iterable[Envelope]
) -> None:
    """Insert the events in their order, within the transaction that is open on the connection."""
    rows = map(_row, envelopes)
    head = list(islice(rows, _COPY_FROM))
    if not head:
        return
    if len(head) < _COPY_FROM:
        await connection.execute(query("matricula_chassis.db", "outbox_insert"), *_columns(head))
        return
    await connection.copy_records_to_table(
        "outbox", records=chain(head, rows), columns=_COLUMNS, timeout=None
    )


def _row(envelope: Envelope) -> _Row:
    return (
        envelope.id,
        envelope.topic,
        envelope.subject,
        bucket_of(envelope.subject),
        envelope.value(),
        orjson.dumps(envelope.attributes()).decode(),
        envelope.time,
    )


def _columns(rows: list[_Row]) -> Iterator[list[object]]:
    return (list(column) for column in zip(*rows, strict=True))
