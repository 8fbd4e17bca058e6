"""One keep-alive connection to a service: writes requests, parses responses, both with pressure.

Bodies pass through; nothing is kept beyond one buffer each way. Must not choose connections, retry
or know operations.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final, cast

import httptools

from matricula_gateway.application.ports import UpstreamFailure

_READ_AHEAD: Final = 262_144
"""Bytes of a response kept for a slow client before reading from the service stops."""
_INTERIM: Final = 200
_LAST_STATUS: Final = 599
_MAX_HEAD: Final = 65_536
_NEVER: Final = math.inf


class UpstreamConnection(asyncio.Protocol):
    """See `UpstreamExchange`. One request at a time; the pool decides which."""

    __slots__ = (
        "_bodyless", "_buffered", "_chunks", "_complete", "_failure", "_framed", "_head_bytes",
        "_head_seconds", "_idle_seconds", "_interim", "_keep_alive", "_loop", "_on_answer",
        "_on_lost", "_parser", "_reading_paused", "_request_ended", "_transport", "_waiter",
        "_writing_paused", "answered", "busy", "deadline", "headers", "idle_since", "requests",
        "status",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        head_seconds: float,
        on_lost: "Callable[[UpstreamConnection], None]",
    ) -> None:
        self._loop = loop
        self._head_seconds = head_seconds
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._failure: UpstreamFailure | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writing_paused = False
        self.requests = 0
        self.idle_since = 0.0
        self.busy = False
        self._parser = httptools.HttpResponseParser(self)
        self._reset(idle_seconds=head_seconds)

    def _reset(self, *, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._head_bytes = 0
        self._reading_paused = False
        self._request_ended = False
        self._complete = False
        self._interim = False
        self._framed = False
        self._bodyless = False
        self._keep_alive = False
        self._on_answer: Callable[[], None] | None = None
        self.deadline = _NEVER
        self.answered = False
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []

    # --- what the pool sees -------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a request may be written to it."""
        return self._failure is None and self._transport is not None

    @property
    def reusable(self) -> bool:
        """Whether the exchange ended so that another may follow."""
        return (
            self.is_open
            and self._complete
            and self._request_ended
            and self._keep_alive
            and not self._chunks
            and not self._bodyless
        )

    def lease(self, *, idle_seconds: float) -> None:
        """Take the connection into use for one request."""
        if self.requests:
            self._reset(idle_seconds=idle_seconds)
        else:
            self._idle_seconds = idle_seconds
        self.busy = True

    def park(self, now: float) -> None:
        """Put the connection aside until the next request."""
        self.busy = False
        self.idle_since = now
        self.deadline = _NEVER
        self.headers = []
        self._on_answer = None

    def expire(self, now: float) -> None:
        """Break off an exchange whose time is over; the pool calls this from its sweep."""
        if now >= self.deadline:
            self._break("timeout")

    # --- one exchange -------------------------------------------------------------------------

    @property
    def reused(self) -> bool:
        """Whether the connection had carried an earlier request."""
        return self.requests > 1

    @property
    def finished(self) -> bool:
        """Whether the whole response has been taken."""
        return self._complete and not self._chunks

    def begin(self, head: bytes, *, bodyless: bool, on_answer: Callable[[], None] | None) -> None:
        """Write a request head."""
        self.requests += 1
        self._bodyless = bodyless
        self._on_answer = on_answer
        if self._failure is None and self._transport is not None:
            self._transport.write(head)

    def write(self, data: bytes) -> bool:
        """Write part of the request body; true means: drain first."""
        if self._failure is None and self._transport is not None:
            self._transport.write(data)
        return self._writing_paused or self._failure is not None

    def end(self) -> None:
        """Say that the request is complete."""
        self._request_ended = True
        if not self.answered:
            self.deadline = self._loop.time() + self._head_seconds

    async def drain(self) -> None:
        """Wait until more may be written, or the answer is here."""
        self.deadline = self._loop.time() + self._head_seconds
        while not self.answered:
            self._raise_failure()
            if not self._writing_paused:
                break
            await self._wait()
        if not self.answered:
            self.deadline = _NEVER

    async def head(self) -> None:
        """Wait for the head of the response."""
        while not self.answered:
            self._raise_failure()
            await self._wait()

    def take(self) -> bytes | None:
        """Return what has arrived of the body, or None after its end."""
        chunks = self._chunks
        if not chunks:
            return None if self._complete else b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._buffered = 0
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
            self.deadline = self._loop.time() + self._idle_seconds
        return data

    async def more(self) -> None:
        """Wait for body bytes or the end of the response."""
        while not self._chunks and not self._complete:
            self._raise_failure()
            await self._wait()

    def abandon(self) -> None:
        """Break the connection off."""
        self._break("abandoned")

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise UpstreamFailure(
                self._failure.reason,
                answered=self._failure.answered,
                sent=self._failure.sent,
            )

    def _break(self, reason: str) -> None:
        """Fail the exchange and cut the connection; safe to call more than once."""
        if self._failure is None:
            self._failure = UpstreamFailure(
                reason, answered=self.answered or self._head_bytes > 0, sent=self.requests > 0
            )
        self.deadline = _NEVER
        if self._transport is not None:
            self._transport.abort()
        self._wake()
        if self._on_answer is not None and not self.answered:
            self._on_answer()

    # --- asyncio.Protocol ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport: the connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is under way; a body delimited by the end of data is complete."""
        self._transport = None
        if exc is None and self._failure is None and self.answered and not self._framed:
            self._complete = True
        # ETIMEDOUT: what was sent stayed unacknowledged, so the network is at fault.
        self._break("unreachable" if isinstance(exc, TimeoutError) else "reset")
        self._on_lost(self)

    def pause_writing(self) -> None:
        """Note that the service reads more slowly than we write."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Go on writing: the buffer has drained."""
        self._writing_paused = False
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; wake the exchange once for everything that this brought."""
        if self._is_unasked():
            self._break("malformed")  # the framing of this connection is not to be trusted
            return
        if not self.answered:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._break("malformed")
            return
        if not self.answered:
            if self._head_bytes > _MAX_HEAD:
                self._break("malformed")
            return
        self._after_data()
        self._wake()

    def _is_unasked(self) -> bool:
        return self._complete or not self.busy

    def _after_data(self) -> None:
        """Set the time for the next bytes, or stop reading while the client lags behind."""
        if self._complete:
            self.deadline = _NEVER
        elif self._buffered > _READ_AHEAD and not self._reading_paused:
            self._reading_paused = True
            self.deadline = _NEVER
            if self._transport is not None:
                self._transport.pause_reading()
        else:
            self.deadline = self._loop.time() + self._idle_seconds

    # --- httptools callbacks ------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a response; after a complete one it is one too many."""
        if self._complete:
            raise UpstreamFailure("malformed")
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the head; trailers are dropped."""
        if self.answered:
            return
        name = name.lower()
        if name in {b"content-length", b"transfer-encoding"}:
            self._framed = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take the head; drop interim responses (1xx)."""
        status = self._parser.get_status_code()
        if status < _INTERIM:
            self._interim = True
            return
        if status > _LAST_STATUS:
            raise UpstreamFailure("malformed")
        self.status = status
        self.answered = True
        self._keep_alive = bool(self._parser.should_keep_alive())
        if self._bodyless or status in {204, 304}:
            self._complete = True
        if self._on_answer is not None:
            self._on_answer()

    def on_body(self, body: bytes) -> None:
        """Keep body bytes until the client takes them."""
        if self._bodyless:
            return  # an answer to HEAD has none, whatever the service sends
        self._chunks.append(body)
        self._buffered += len(body)

    def on_message_complete(self) -> None:
        """Note the end of the response, or of the interim one."""
        if self._interim:
            self._interim = False
            self._framed = False
            return
        self._complete = True
