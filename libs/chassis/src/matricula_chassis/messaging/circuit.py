"""Stops a partition when too large a share of its records dies: then the fault is in us."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CircuitSettings:
    """Opens when, of the last `window` records and at least `minimum`, `share` or more died.

    Stays open for `cool_down` seconds, then counts anew.
    """

    window: int = 200
    minimum: int = 20
    share: float = 0.5
    cool_down: float = 30.0


class Circuit:
    """The circuit of one partition."""

    def __init__(
        self, settings: CircuitSettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._died: deque[bool] = deque(maxlen=settings.window)
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the partition should wait."""
        return self._open_until is not None and self._monotonic() < self._open_until

    def note(self, *, applied: int, died: int) -> bool:
        """Count outcomes and return whether this opened the circuit."""
        self._died.extend([False] * min(applied, self._settings.window))
        self._died.extend([True] * min(died, self._settings.window))
        if len(self._died) < self._settings.minimum:
            return False
        if sum(self._died) < self._settings.share * len(self._died):
            return False
        self._open_until = self._monotonic() + self._settings.cool_down
        self._died.clear()
        return True
