"""Limits how often somebody does something: the generic cell rate algorithm (GCRA).

One float per key; time comes in as an argument. Must not know what the keys mean.
"""

import math
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60
_SWEEP_AT: Final = 50_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a request: the draft RateLimit fields' q, w, r and t.

    `retry_after` is None when the request may go on, else whole seconds until one would pass.
    """

    quota: int
    remaining: int
    reset_after: int
    retry_after: int | None


class RateLimiter:
    """At most `per_minute` requests at once per key, refilled evenly over a minute.

    A client that has been quiet may send its whole quota together; over any longer time the rate
    holds. Each gateway process counts for itself.
    """

    __slots__ = ("_arrivals", "_least", "_sweep_at")

    def __init__(self, *, sweep_at: int = _SWEEP_AT) -> None:
        self._arrivals: dict[tuple[str, str], float] = {}
        self._least = self._sweep_at = sweep_at

    def __len__(self) -> int:
        return len(self._arrivals)

    def take(self, key: tuple[str, str], per_minute: int, *, now: float) -> Allowance:
        """Count one request of a key at `now` (seconds, monotonic) unless its quota is spent."""
        interval = WINDOW_SECONDS / per_minute
        arrival = self._arrivals.get(key, now)
        arrival = max(arrival, now)
        spent = arrival + interval - now
        if spent > WINDOW_SECONDS + 1e-6:
            wait = math.ceil(spent - WINDOW_SECONDS)
            return Allowance(per_minute, 0, math.ceil(arrival - now), max(1, wait))
        self._arrivals[key] = arrival + interval
        if len(self._arrivals) > self._sweep_at:
            self._sweep(now)
        remaining = int((WINDOW_SECONDS - spent) / interval + 1e-6)
        return Allowance(per_minute, remaining, math.ceil(spent), None)

    def _sweep(self, now: float) -> None:
        """Forget keys whose quota is whole again: they answer as unseen ones would."""
        self._arrivals = {key: at for key, at in self._arrivals.items() if at > now}
        self._sweep_at = max(self._least, 2 * len(self._arrivals))
