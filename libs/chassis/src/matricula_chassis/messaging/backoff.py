"""How long to wait before another attempt: exponential, with jitter, bounded."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays in seconds: half of `first * 2**attempt`, at most `limit`, and a random half more."""

    first: float = 0.2
    limit: float = 30.0

    def delay(self, attempt: int) -> float:
        """Return the delay after the attempt with this number, counted from 0."""
        ceiling = min(self.limit, self.first * 2.0 ** min(attempt, 30))
        return ceiling / 2 + random.uniform(0, ceiling / 2)  # noqa: S311 - spreads load only
