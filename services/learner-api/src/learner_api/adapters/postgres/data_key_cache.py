"""Unwrapped data keys, kept for a short time.

What is wiped: the buffer that held the unwrapped key, as soon as the cipher is made, and the
cipher's own state when it is freed (OpenSSL cleanses it). What cannot be wiped: copies that the
interpreter or the key service's client made on the way, and ciphers that a caller still holds.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from matricula_chassis.clock import Clock
from matricula_chassis.crypto import KeyEncryptionKey, cipher_of, wipe

LONGEST_LIFE: Final = timedelta(seconds=60)


class DataKeyCache:
    """At most `size` ciphers of data keys, each for at most `life` (no more than 60 s).

    Not for threads. Entries that nobody asks for again leave at the next call of any method, so a
    process that stays idle calls `expire` from its housekeeping.
    """

    __slots__ = ("_clock", "_entries", "_kek", "_life", "_size")

    def __init__(
        self,
        kek: KeyEncryptionKey,
        *,
        clock: Clock,
        size: int = 10_000,
        life: timedelta = LONGEST_LIFE,
    ) -> None:
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise ValueError("a data key is kept for at most 60 seconds")
        if size < 1:
            raise ValueError("a cache holds at least one entry")
        self._kek = kek
        self._clock = clock
        self._size = size
        self._life = life
        self._entries: OrderedDict[Hashable, tuple[datetime, tuple[bytes, bytes], AESGCM]] = (
            OrderedDict()
        )

    def __len__(self) -> int:
        return len(self._entries)

    def cipher(self, name: Hashable, wrapped: bytes, *, context: bytes) -> AESGCM:
        """Return the cipher of a wrapped data key; `name` is what `drop` will be told.

        Raises SealBroken or UnknownKey. A kept cipher serves only the same wrapped key again, so
        an entry never answers for a key that was replaced.
        """
        now = self.expire()
        entry = self._entries.get(name)
        if entry is not None and entry[1] == (wrapped, context):
            return entry[2]
        key = self._kek.unwrap(wrapped, context=context)
        try:
            cipher = cipher_of(key)
        finally:
            wipe(key)
        self._entries.pop(name, None)
        self._entries[name] = (now + self._life, (wrapped, context), cipher)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return cipher

    def drop(self, name: Hashable) -> None:
        """Forget a key now: it was destroyed."""
        self._entries.pop(name, None)

    def expire(self) -> datetime:
        """Forget what has been kept long enough; return the time it is."""
        now = self._clock.now()
        while self._entries and next(iter(self._entries.values()))[0] <= now:
            self._entries.popitem(last=False)
        return now
