"""The public side of the socket: parses HTTP/1.1 strictly and bounds what a client may take.

Speaks ASGI to the application and takes the place of uvicorn's own protocol class, which has no
time-out for heads, answers malformed pipelined requests out of order and lets trailers become
headers. Must not know routes, tokens or services.
"""

import asyncio
import math
from collections import deque
from typing import Any, Final, cast

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from matricula_gateway.adapters.http.cycle import Cycle
from matricula_gateway.adapters.http.front_state import Front
from matricula_gateway.domain.framing import (
    MAX_HEAD_BYTES,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    MAX_TARGET_BYTES,
    Framing,
    HeadRefused,
    judge_head,
)

_NEVER: Final = math.inf
_IDLE: Final = "idle"
_HEAD: Final = "head"
_BODY: Final = "body"
_BODY_BUFFER: Final = 131_072
_GRACE_SECONDS: Final = 0.5
_CHUNK_OVERHEAD: Final = 16_384
_CHUNK_OVERHEAD_FACTOR: Final = 8


class FrontProtocol(asyncio.Protocol):
    """One client connection. Requests run one at a time, in the order in which they came."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        front: Front,
    ) -> None:
        self.loop = _loop or asyncio.get_running_loop()
        self.front = front
        self.server_state = server_state
        self.app = config.loaded_app
        self._app_state = app_state
        self._limits = front.limits
        self._parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._client: tuple[str, int] | None = None
        self._server: tuple[str, int] | None = None

        self._deadline = _NEVER
        self._write_deadline = _NEVER
        self._deaf = False
        self._reading_paused = False
        self._drained: asyncio.Future[None] | None = None
        self.writing_paused = False

        self._current: Cycle | None = None
        self._newest: Cycle | None = None
        self._queue: deque[Cycle] = deque()
        self._last_words: bytes | None = None
        self._refusal: HeadRefused | None = None

        self._phase = _IDLE
        self._phase_began = False
        self._phase_bytes = 0
        self._body_bytes = 0
        self._window_bytes = 0
        self._reset_head()

    def _reset_head(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection and start the time for its first head."""
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        name = transport.get_extra_info("sockname")
        self._server = (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
        # uvicorn waits for these when it shuts down.
        cast("set[Any]", self.server_state.connections).add(self)
        if self.front.enter(self, self._address):
            self._deadline = self.loop.time() + self._limits.head_seconds
        else:
            self._deaf = True
            self.transport.abort()

    @property
    def _address(self) -> str:
        return self._client[0] if self._client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every request of the connection that its client is gone."""
        del exc
        self.front.leave(self, self._address)
        cast("set[Any]", self.server_state.connections).discard(self)
        self._deaf = True
        self._queue.clear()
        self.resume_writing()
        if self._current is not None:
            self._current.lose_client()

    def eof_received(self) -> bool:
        """Close with the client: half a connection is of no use to an HTTP client."""
        return False

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than we write."""
        self.writing_paused = True
        self._write_deadline = self.loop.time() + self._limits.write_seconds

    def resume_writing(self) -> None:
        """Go on writing: the client has caught up, or is gone."""
        self.writing_paused = False
        self._write_deadline = _NEVER
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    async def drain(self) -> None:
        """Wait until the client has caught up."""
        while self.writing_paused:
            self._drained = self.loop.create_future()
            await self._drained

    def data_received(self, data: bytes) -> None:
        """Feed the parser and bound what it swallowed without a result."""
        if self._deaf:
            return  # read only so that the answer gets through; bounded by time
        self._phase_began = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HeadRefused(400, "upgrade"))
        except httptools.HttpParserError:
            if not self._deaf:
                self._refuse(self._refusal or HeadRefused(400, "malformed"))
        else:
            if not self._phase_began:
                self._phase_bytes += len(data)
                self._bound_phase()

    def _bound_phase(self) -> None:
        if self._phase is _BODY:
            allowed = _CHUNK_OVERHEAD + _CHUNK_OVERHEAD_FACTOR * self._body_bytes
            if self._phase_bytes - self._body_bytes > allowed:
                self._refuse(HeadRefused(400, "chunk_overhead"))
        elif self._phase_bytes > MAX_HEAD_BYTES + MAX_TARGET_BYTES:
            self._refuse(HeadRefused(431, "head_too_large"))

    def on_message_begin(self) -> None:
        """Begin a head: it has to be complete in time."""
        self._begin_phase(_HEAD)
        self._reset_head()
        if self._current is None:
            self._deadline = self.loop.time() + self._limits.head_seconds

    def on_url(self, part: bytes) -> None:
        """Collect the request target."""
        self._target += part
        if len(self._target) > MAX_TARGET_BYTES:
            self._stop(414, "target_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field of the head. Trailers are dropped: they must never become headers."""
        if self._phase is _BODY:
            return
        size = len(name) + len(value) + 4
        self._head_size += size
        if (
            size > MAX_HEADER_BYTES
            or self._head_size > MAX_HEAD_BYTES
            or len(self._headers) >= MAX_HEADERS
        ):
            self._stop(431, "head_too_large")
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head and start or queue the request."""
        if self._parser.should_upgrade():
            self._stop(400, "upgrade")
        try:
            framing = judge_head(self._parser.get_http_version(), self._headers)
        except HeadRefused as refused:
            self._refusal = refused
            raise
        if self._deaf:
            self._stop(400, "closed")
        if len(self._queue) >= self._limits.pipelined:
            self._stop(429, "pipelined")
        self._begin_phase(_BODY)
        cycle = Cycle(self, self._scope(framing), framing)
        cycle.keep_alive = bool(self._parser.should_keep_alive())
        self._newest = cycle
        if self._current is None:
            self._start(cycle)
        else:
            self._queue.append(cycle)
            self.pause_reading()

    def on_body(self, body: bytes) -> None:
        """Hand body bytes to their request; stop reading when it lags behind."""
        self._body_bytes += len(body)
        self._window_bytes += len(body)
        cycle = self._newest
        if cycle is not None and not cycle.response_complete and cycle.feed(body) > _BODY_BUFFER:
            self.pause_reading()

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        self._begin_phase(_IDLE)
        if self._newest is not None:
            self._newest.end_body()
        if self._current is not None:
            self._deadline = _NEVER

    def _begin_phase(self, phase: str) -> None:
        self._phase = phase
        self._phase_began = True
        self._phase_bytes = 0
        self._body_bytes = 0

    def _stop(self, status: int, reason: str) -> None:
        self._refusal = HeadRefused(status, reason)
        raise self._refusal

    def _scope(self, framing: Framing) -> dict[str, Any]:
        path, _, query = self._target.partition(b"?")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": "1.1",
            "method": self._parser.get_method().decode("ascii"),
            "scheme": "http",
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
            "state": self._app_state,
            "matricula.target": self._target,
            "matricula.framing": framing,
        }

    def _start(self, cycle: Cycle) -> None:
        self._current = cycle
        front = self.front
        front.in_flight += 1
        if not cycle.body_complete:
            self._open_window()
        if front.in_flight > self._limits.in_flight:
            front.refused["in_flight"] += 1
            cycle.answer_raw(front.refusal(503))
            return
        # lint-skip: no-bare-create-task uvicorn's server_state holds it, waits for it and ends it
        task = self.loop.create_task(cycle.run(self.app))
        cycle.task = task
        self.server_state.tasks.add(task)

    def cycle_ended(self, cycle: Cycle) -> None:
        """Go on to the next request: this response is complete, or never will be."""
        self.front.in_flight -= 1
        self.server_state.total_requests += 1
        if cycle.task is not None:
            self.server_state.tasks.discard(cycle.task)
        self._current = None
        if self.transport.is_closing():
            return
        if not cycle.response_complete:
            self.transport.close()  # what was sent goes out; the missing end shows the break
        elif not cycle.keep_alive:
            self._close(linger=not cycle.body_complete)
        elif self._queue:
            self._start(self._queue.popleft())
        elif self._last_words is not None:
            self.transport.write(self._last_words)
            self._close(linger=True)
        else:
            limits = self._limits
            seconds = limits.head_seconds if self._phase is _HEAD else limits.idle_seconds
            self._deadline = self.loop.time() + seconds
            self.resume_reading()

    def _refuse(self, refused: HeadRefused) -> None:
        """Answer what cannot be parsed, after the answers that are due, and hear no more."""
        self._deaf = True
        self.front.refused[refused.reason] += 1
        words = self.front.refusal(refused.status)
        newest = self._newest
        if newest is not None and not newest.body_complete and not newest.response_complete:
            newest.break_body("malformed")
        elif self._current is not None:
            self._last_words = words
        elif not self.transport.is_closing():
            self.transport.write(words)
            self._close(linger=True)

    def pause_reading(self) -> None:
        """Take no more from the socket for now."""
        if not self._reading_paused and not self.transport.is_closing():
            self._reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take more from the socket, unless requests are waiting already."""
        if self._reading_paused and not self._queue and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()
            if self._phase is _BODY:
                self._open_window()

    def _open_window(self) -> None:
        self._window_bytes = 0
        self._deadline = self.loop.time() + self._limits.body_window_seconds

    def check_time(self, now: float) -> None:
        """Act on a time that is over; called by the sweep."""
        if now >= self._write_deadline:
            self.front.refused["slow_reader"] += 1
            self.transport.abort()
        elif now < self._deadline:
            return
        elif self._deaf:
            self.transport.abort()
        elif self._current is not None:
            self._check_body()
        elif self._phase is _HEAD:
            self._refuse(HeadRefused(408, "slow_head"))
        else:
            self._deadline = _NEVER
            self.transport.close()

    def _check_body(self) -> None:
        cycle = self._current
        slow = self._window_bytes < self._limits.body_window_bytes
        if cycle is None or cycle.body_complete:
            self._deadline = _NEVER
        elif slow and not self._reading_paused and cycle is self._newest:
            self._deadline = _NEVER
            self._deaf = True
            self.front.refused["slow_body"] += 1
            cycle.break_body("slow")
        else:
            self._open_window()

    def _close(self, *, linger: bool) -> None:
        """Close; with unread bytes under way, only after a while (RFC 9112 section 9.6).

        Closing at once would reset the connection, and the reset may overtake the answer.
        """
        if not linger:
            self.transport.close()
            return
        self._deaf = True
        self._deadline = self.loop.time() + self._limits.linger_seconds
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self._reading_paused:
            self._reading_paused = False
            self.transport.resume_reading()

    def shutdown(self) -> None:
        """Finish what runs, and soon close what idles; uvicorn calls this when it stops.

        A request may be on its way on an idle connection: it is answered yet.
        """
        if self._current is None:
            self._deadline = min(self._deadline, self.loop.time() + _GRACE_SECONDS)
        else:
            self._current.keep_alive = False
            for cycle in self._queue:
                cycle.keep_alive = False


_ASGI: Final = {"version": "3.0", "spec_version": "2.4"}
