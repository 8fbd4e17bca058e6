"""Notices a worker that has work and makes no progress: the last resort against silent hangs.

It only knows numbers. What happens to a stalled process (it ends, and is started again) is
decided by the run time.
"""

import time
from collections.abc import Callable

from matricula_chassis.observability.metrics import STALLED_SECONDS


class ProgressWatchdog:
    """Tells how long a worker has had work (`lag` above 0) without any progress.

    The worker calls `lag_is` when it learns how much waits, and `advanced` when it has done some.
    Not for several threads.
    """

    def __init__(
        self,
        worker: str,
        *,
        limit_seconds: float = 120.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker = worker
        self.limit_seconds = limit_seconds
        self._monotonic = monotonic
        self._lag = 0
        self._since = monotonic()

    def lag_is(self, lag: int) -> None:
        """Note how many items wait; the time of waiting starts when the first one arrives."""
        if self._lag == 0 and lag > 0:
            self._since = self._monotonic()
        self._lag = lag

    def advanced(self, count: int = 1) -> None:
        """Note that work was done; 0 is no progress."""
        if count > 0:
            self._since = self._monotonic()

    def stalled_seconds(self) -> float:
        """Return the seconds without progress while work waits, and 0 when nothing waits."""
        stalled = self._monotonic() - self._since if self._lag > 0 else 0.0
        STALLED_SECONDS.labels(worker=self.worker).set(stalled)
        return stalled

    def is_stalled(self) -> bool:
        """Say whether the limit is passed."""
        return self.stalled_seconds() > self.limit_seconds
