"""What all connections of the public listener share: limits, counts and the look at their times.

Must not parse or answer.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

_SWEEP_SECONDS: Final = 0.5


class TimedConnection(Protocol):
    """A connection that acts on its own times."""

    def check_time(self, now: float) -> None:
        """Act on a time that is over; `now` is the event loop's time."""
        ...


@dataclass(frozen=True, slots=True)
class FrontLimits:
    """What one client may take; seconds, bytes and counts."""

    head_seconds: float = 10.0
    idle_seconds: float = 65.0
    body_window_seconds: float = 15.0
    body_window_bytes: int = 4_096
    """A body slower than this many bytes per window is given up."""
    write_seconds: float = 60.0
    linger_seconds: float = 5.0
    connections: int = 8_192
    connections_per_address: int = 4_096
    """Behind an ingress every connection has the ingress's address."""
    in_flight: int = 2_048
    pipelined: int = 16


@dataclass(slots=True)
class Front:
    """What all connections of the listener share."""

    limits: FrontLimits
    refusal: Callable[[int], bytes]
    """Renders a whole response for a request that never reaches the application."""
    draining: bool = False
    connections: set[TimedConnection] = field(default_factory=set)
    addresses: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0

    def enter(self, connection: TimedConnection, address: str) -> bool:
        """Count a connection; false, with the reason counted, when there are too many."""
        self.connections.add(connection)
        self.addresses[address] += 1
        if len(self.connections) > self.limits.connections:
            self.refused["connections"] += 1
        elif self.addresses[address] > self.limits.connections_per_address:
            self.refused["connections_per_address"] += 1
        else:
            return True
        return False

    def leave(self, connection: TimedConnection, address: str) -> None:
        """Forget a connection that was counted."""
        self.connections.discard(connection)
        self.addresses[address] -= 1
        if self.addresses[address] <= 0:
            del self.addresses[address]

    def sweep(self, now: float) -> None:
        """Look at every connection's time; call it every half second."""
        for connection in list(self.connections):
            connection.check_time(now)

    async def watch(self) -> None:
        """Sweep for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self.sweep(loop.time())
