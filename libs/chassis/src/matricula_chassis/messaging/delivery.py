"""One record as it came from Kafka: its identity, and the event in it where it can be read.

Decoding never raises: what cannot be read is a delivery with a fault. It touches no database.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from matricula_chassis.messaging.envelope import Envelope, UndecodableEvent, event_id_of

RecordHeaders = Sequence[tuple[str, bytes | None]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_8: Final = (8 << 76) | (0b10 << 62)
_VERSION_MASK: Final = ~((0xF << 76) | (0b11 << 62))
_LOW_80: Final = (1 << 80) - 1
_TYPE: Final = re.compile(r"[a-z0-9_.]{1,200}")
_TIME_ORDERED: Final = (7, 8)


class IncomingRecord(Protocol):
    """The members of aiokafka's ConsumerRecord that are read. `timestamp` is in milliseconds."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - see the class
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> RecordHeaders: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record and its event, or the reason why there is none. Exactly one of the two is set."""

    record: IncomingRecord
    event_id: UUID
    envelope: Envelope | None
    fault: str | None

    @property
    def lane(self) -> tuple[str, bytes] | None:
        """Return topic and key: the unit of order. None for a record without a key."""
        key = self.record.key
        return None if key is None else (self.record.topic, bytes(key))

    @property
    def made_at(self) -> int:
        """Return when the event was made, in milliseconds since 1970, from its id.

        An id without a time tells nothing: then it is when the record was made.
        """
        if self.event_id.version in _TIME_ORDERED:
            return self.event_id.int >> 80
        return self.record.timestamp


def deliver(record: IncomingRecord) -> Delivery:
    """Return the delivery of a record."""
    try:
        envelope = Envelope.from_record(record.topic, record.headers, record.value)
    except UndecodableEvent as error:
        return Delivery(record, _identity(record), None, error.reason)
    return Delivery(record, envelope.id, envelope, None)


def type_of(headers: RecordHeaders) -> str | None:
    """Return the `ce_type` of a record when it is well formed."""
    for name, value in headers:
        if name == "ce_type" and value is not None:
            text = value.decode("ascii", "replace")
            return text if _TYPE.fullmatch(text) else None
    return None


def instant_of(milliseconds: int) -> datetime:
    """Return the instant of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=max(0, milliseconds))


def _identity(record: IncomingRecord) -> UUID:
    # A record without a usable id is known by its place; a fresh id would defeat the inbox.
    found = event_id_of(record.headers)
    if found is not None:
        return found
    place = f"{record.topic}/{record.partition}/{record.offset}".encode()
    tail = int.from_bytes(hashlib.sha256(place).digest()[:10], "big") & _LOW_80
    return UUID(int=((max(0, record.timestamp) << 80 | tail) & _VERSION_MASK) | _VERSION_8)
