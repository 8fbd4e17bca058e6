"""How long to wait before the next try: doubling, capped, with jitter, forgotten after stability.

Holds numbers only; waits for nothing itself.
"""

import random
from dataclasses import dataclass, field
from typing import Final

FIRST_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 15.0
STABLE_SECONDS: Final = 30.0
_JITTER: Final = 0.25


@dataclass(slots=True)
class Backoff:
    """The delays of one unit. A run of at least `stable` seconds starts the row anew."""

    first: float = FIRST_SECONDS
    longest: float = LONGEST_SECONDS
    stable: float = STABLE_SECONDS
    source: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def after_run(self, lived_seconds: float) -> float:
        """Return the seconds to wait after a run of this length: ±25 % around the doubled delay."""
        if lived_seconds >= self.stable:
            self.failures = 0
        delay = min(self.longest, self.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return delay * self.source.uniform(1 - _JITTER, 1 + _JITTER)
