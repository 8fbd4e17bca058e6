"""A bounded pool of keep-alive connections to one service, with a circuit breaker.

Connects, lends, takes back, and breaks off what exceeds its time. Must not retry requests or know
what they mean.
"""

import asyncio
import contextlib
import math
import socket
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from matricula_gateway.adapters.clients.connection import UpstreamConnection
from matricula_gateway.application.ports import UpstreamFailure

_SWEEP_SECONDS: Final = 0.25
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Sizes and times of one pool; seconds. `stale_seconds` must be below the service's own."""

    connections: int = 512
    waiting: int = 1_024
    acquire_seconds: float = 2.0
    connect_seconds: float = 2.0
    head_seconds: float = 30.0
    stale_seconds: float = 60.0
    unacknowledged_seconds: float = 3.0
    """How long sent bytes may stay unacknowledged before the network counts as broken."""
    breaker_failures: int = 3
    breaker_seconds: float = 1.0


@dataclass(slots=True)
class PoolCounts:
    """What the metrics tell about a pool."""

    connects: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    def failed(self, reason: str) -> None:
        """Count one failure."""
        self.failures[reason] = self.failures.get(reason, 0) + 1


class UpstreamPool:
    """Connections to one host and port. Not for threads: one event loop uses it."""

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        limits: PoolLimits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.name = name
        self.authority = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}").encode("ascii")
        self.counts = PoolCounts()
        self._host = host
        self._port = port
        self._limits = limits
        self._loop = loop
        self._idle: list[UpstreamConnection] = []
        self._all: set[UpstreamConnection] = set()
        self._opening = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._consecutive = 0
        self._open_until = -math.inf
        self._probing = False
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Connections that exist or are being made."""
        return len(self._all) + self._opening

    @property
    def idle(self) -> int:
        """Connections that wait for a request."""
        return len(self._idle)

    @property
    def is_broken(self) -> bool:
        """Whether requests are refused at present without trying."""
        return self._loop.time() < self._open_until

    async def acquire(self, *, idle_seconds: float, fresh: bool = False) -> UpstreamConnection:
        """Lend a connection; raises UpstreamFailure (unreachable, busy, open)."""
        connection = None if fresh else self._pop_idle()
        if connection is None:
            connection = await self._connect_or_wait()
        connection.lease(idle_seconds=idle_seconds)
        return connection

    def release(self, connection: UpstreamConnection) -> None:
        """Take a connection back; what cannot be used again is closed."""
        if connection.reusable:
            connection.park(self._loop.time())
            self._idle.append(connection)
        else:
            self._all.discard(connection)
            connection.abandon()
        self._wake_one()

    def start(self) -> None:
        """Begin watching the times of exchanges."""
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    async def close(self) -> None:
        """Close every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._all):
            connection.abandon()
        self._idle.clear()
        self._all.clear()
        await asyncio.sleep(0)  # lets the transports report their end

    def _pop_idle(self) -> UpstreamConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _connect(self) -> UpstreamConnection:
        if self._loop.time() < self._open_until or self._probing:
            self.counts.failed("open")
            raise UpstreamFailure("open", sent=False)
        self._probing = self._consecutive >= self._limits.breaker_failures
        self._opening += 1
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                transport, connection = await self._loop.create_connection(
                    self._made, self._host, self._port
                )
        except OSError:  # TimeoutError is one of them
            self.note_failure("unreachable")
            raise UpstreamFailure("unreachable", sent=False) from None
        finally:
            self._opening -= 1
            self._probing = False
            self._wake_one()
        self._consecutive = 0
        self.counts.connects += 1
        _tune(transport.get_extra_info("socket"), self._limits.unacknowledged_seconds)
        self._all.add(connection)
        return connection

    def _made(self) -> UpstreamConnection:
        return UpstreamConnection(
            self._loop, head_seconds=self._limits.head_seconds, on_lost=self._lost
        )

    def _lost(self, connection: UpstreamConnection) -> None:
        self._all.discard(connection)
        if not connection.busy:
            with contextlib.suppress(ValueError):
                self._idle.remove(connection)
        self._wake_one()

    def note_failure(self, reason: str) -> None:
        """Count the failure of an exchange; a network that swallows bytes opens the breaker."""
        self.counts.failed(reason)
        if reason == "unreachable":
            self._consecutive += 1
            if self._consecutive >= self._limits.breaker_failures:
                self._open_until = self._loop.time() + self._limits.breaker_seconds

    async def _connect_or_wait(self) -> UpstreamConnection:
        if self.size < self._limits.connections:
            return await self._connect()
        if len(self._waiters) >= self._limits.waiting:
            self.counts.failed("busy")
            raise UpstreamFailure("busy", sent=False)
        until = self._loop.time() + self._limits.acquire_seconds
        while True:
            await self._wait_for_room(until)
            connection = self._pop_idle()
            if connection is not None:
                return connection
            if self.size < self._limits.connections:
                return await self._connect()

    async def _wait_for_room(self, until: float) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout_at(until):
                await waiter
        except TimeoutError:
            self.counts.failed("busy")
            raise UpstreamFailure("busy", sent=False) from None
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _sweep(self) -> None:
        now = self._loop.time()
        stale = now - self._limits.stale_seconds
        while self._idle and self._idle[0].idle_since < stale:
            connection = self._idle.pop(0)
            self._all.discard(connection)
            connection.abandon()
        for connection in list(self._all):
            if connection.busy:
                connection.expire(now)
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)


def _tune(sock: socket.socket, unacknowledged_seconds: float) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = int(unacknowledged_seconds * 1_000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        for option, value in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
