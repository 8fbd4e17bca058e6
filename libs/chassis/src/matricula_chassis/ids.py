"""Identifiers: UUID version 7 (RFC 9562 section 5.7), in order of making within a process.

The standard library makes them only from Python 3.14 and PostgreSQL only from 18. An identifier
is not a secret: it tells when it was made.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Protocol
from uuid import UUID, SafeUUID

_VERSION_AND_VARIANT: Final = (7 << 76) | (0b10 << 62)
_COUNTER_LIMIT: Final = 1 << 42
_COUNTER_SEED_MASK: Final = (1 << 41) - 1  # the top bit stays free, so that a seed can count on
_LOW_30_BITS: Final = (1 << 30) - 1
_NANOSECONDS_A_MILLISECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_ORDERED: Final = 7


class IdSource(Protocol):
    """Makes identifiers."""

    def uuid7(self) -> UUID:
        """Return a new UUID version 7, greater than every earlier one of this source."""
        ...


class SystemIds:
    """UUIDv7 from the machine's time, a 42-bit counter and 32 random bits; safe between threads.

    The counter is RFC 9562 section 6.2 method 1: it starts at random in every millisecond and
    counts up within it. When the machine's time steps back, the last millisecond is kept, so
    identifiers never go backwards.
    """

    __slots__ = ("_counter", "_lock", "_millisecond", "_nanoseconds")

    def __init__(self, nanoseconds: Callable[[], int] = time.time_ns) -> None:
        self._nanoseconds = nanoseconds
        self._lock = Lock()
        self._millisecond = -1
        self._counter = 0

    def uuid7(self) -> UUID:
        """Return a new UUID version 7, greater than every earlier one of this source."""
        tail = int.from_bytes(os.urandom(4), "big")
        with self._lock:
            now = self._nanoseconds() // _NANOSECONDS_A_MILLISECOND
            if now > self._millisecond:
                self._restart(now)
            else:
                self._counter += 1
                if self._counter >= _COUNTER_LIMIT:
                    self._restart(self._millisecond + 1)
            millisecond, counter = self._millisecond, self._counter
        value = (
            (millisecond << 80)
            | _VERSION_AND_VARIANT
            | ((counter >> 30) << 64)
            | ((counter & _LOW_30_BITS) << 32)
            | tail
        )
        return _uuid_of(value)

    def _restart(self, millisecond: int) -> None:
        self._millisecond = millisecond
        self._counter = int.from_bytes(os.urandom(6), "big") & _COUNTER_SEED_MASK


def uuid7_time(value: UUID) -> datetime:
    """Return the instant (UTC, to the millisecond) at which a UUIDv7 was made.

    Raises ValueError for a UUID of another version.
    """
    if value.version != _TIME_ORDERED:
        raise ValueError("not a UUID of version 7")
    return _EPOCH + timedelta(milliseconds=value.int >> 80)


def _uuid_of(value: int) -> UUID:
    # UUID(int=...) checks what is known here and costs a microsecond; this is half of it.
    made = object.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
