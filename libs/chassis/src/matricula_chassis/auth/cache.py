"""Verified claims by token string, in a bounded least-recently-used table.

A good signature is not worked out again within the life of an entry. The key is the whole token,
so nothing but a token that was verified can hit; only verified claims are put in.
"""

from collections import OrderedDict
from datetime import timedelta
from typing import Final

from matricula_chassis.auth.principal import Claims

DEFAULT_SIZE: Final = 10_000
DEFAULT_LIFE: Final = timedelta(seconds=60)


class TokenCache:
    """At most `size` entries; each lives until the token expires or `life` is over.

    Not for threads: one event loop uses it. `life` bounds how long a key that its issuer has
    withdrawn is still honoured for tokens already seen.
    """

    __slots__ = ("_entries", "_life", "_size")

    def __init__(self, *, size: int = DEFAULT_SIZE, life: timedelta = DEFAULT_LIFE) -> None:
        if size < 1:
            raise ValueError("a token cache holds at least one entry")
        self._size = size
        self._life = life.total_seconds()
        self._entries: OrderedDict[str, tuple[float, Claims]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, token: str, *, audience: str, now: float) -> Claims | None:
        """Return the claims of a token verified before for this audience, or None."""
        entry = self._entries.get(token)
        if entry is None:
            return None
        until, claims = entry
        if now >= until:
            del self._entries[token]
            return None
        if claims.audience != audience:
            return None
        self._entries.move_to_end(token)
        return claims

    def put(self, token: str, claims: Claims, *, now: float) -> None:
        """Keep verified claims; the entry used longest ago makes room."""
        self._entries[token] = (min(claims.expires_at, now + self._life), claims)
        self._entries.move_to_end(token)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything, for instance when a key was withdrawn."""
        self._entries.clear()
