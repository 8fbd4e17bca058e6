"""One request and its response on a client connection: the ASGI side of it.

Streams both ways with back-pressure; a response that breaks off is visibly broken. Must not parse
or decide.
"""

import asyncio
import http
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from matricula_gateway.domain.framing import Framing

if TYPE_CHECKING:
    from matricula_gateway.adapters.http.front import FrontProtocol

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]

_log = logging.getLogger("matricula_gateway.front")
_DISCONNECT: Final = {"type": "http.disconnect"}
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_BODY_STATUS: Final = frozenset({204, 304})


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


_STATUS_LINES: Final = {status: _status_line(status) for status in range(200, 600)}


class Cycle:
    """See `ClientStream`. Belongs to one connection; runs the application once."""

    __slots__ = (
        "_body", "_buffered", "_chunked", "_expects_continue", "_fault", "_head", "_left",
        "_protocol", "_scope", "_told_end", "_waiter", "_woken",
        "body_complete", "disconnected", "keep_alive", "on_disconnect", "response_complete",
        "response_started", "task",
    )  # fmt: skip

    def __init__(self, protocol: "FrontProtocol", scope: dict[str, Any], framing: Framing) -> None:
        scope["matricula.stream"] = self
        self._protocol = protocol
        self._scope = scope
        self._expects_continue = framing.expects_continue
        self._body: list[bytes] = []
        self._buffered = 0
        self._waiter: asyncio.Future[None] | None = None
        self._woken = False
        self._told_end = False
        self._fault: str | None = None
        self._head: bytes | None = None
        self._chunked = False
        self._left = 0
        self.body_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.on_disconnect: Callable[[], None] | None = None
        self.response_started = False
        self.response_complete = False
        self.task: asyncio.Task[None] | None = None

    # --- from the connection ------------------------------------------------------------------

    def feed(self, body: bytes) -> int:
        """Add body bytes; returns how many wait to be received."""
        self._body.append(body)
        self._buffered += len(body)
        self._notify()
        return self._buffered

    def end_body(self) -> None:
        """No more body follows."""
        self.body_complete = True
        self._notify()

    def break_body(self, fault: str) -> None:
        """Give the rest of the body up; `receive` says so, naming the fault."""
        self._fault = fault
        self.keep_alive = False
        self._notify()

    def lose_client(self) -> None:
        """Nobody is there any more to answer."""
        self.disconnected = True
        self._notify()
        if self.on_disconnect is not None:
            self.on_disconnect()

    def wake(self) -> None:
        """Let a pending `receive` return, with an empty part of the body."""
        self._woken = True
        self._notify()

    def _notify(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def answer_raw(self, response: bytes) -> None:
        """Send a whole prepared response, which closes the connection."""
        self._protocol.transport.write(response)
        self.keep_alive = False
        self.response_started = self.response_complete = True
        self._protocol.cycle_ended(self)

    # --- the application ----------------------------------------------------------------------

    async def run(self, app: Application) -> None:
        """Run the application; whatever it does, the connection is in order afterwards."""
        try:
            await app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            self._protocol.transport.abort()
            raise
        except Exception:  # noqa: BLE001 - whatever it was, this client gets a 500 and no other
            _log.exception("request.failed")
        finally:
            if not self.response_started and not self.disconnected:
                self._write_failure()
            self._protocol.cycle_ended(self)
            self._let_go()

    def _let_go(self) -> None:
        """Break the circle of references, so that no collection is needed to free the request."""
        self._scope.pop("matricula.stream", None)
        self.task = None
        self.on_disconnect = None

    def _write_failure(self) -> None:
        self._protocol.transport.write(self._protocol.front.refusal(500))
        self.keep_alive = False
        self.response_started = self.response_complete = True

    async def receive(self) -> Message:
        """Return the next part of the body. A disconnect may carry `fault`: slow or malformed."""
        if self._expects_continue:
            self._expects_continue = False
            if not self.body_complete:
                self._protocol.transport.write(_CONTINUE)
        while True:
            if self.disconnected or self.response_complete:
                return _DISCONNECT
            if self._body or (self.body_complete and not self._told_end):
                return self._next_part()
            if self._fault is not None:
                return {"type": "http.disconnect", "fault": self._fault}
            if self._woken:
                self._woken = False
                return {"type": "http.request", "body": b"", "more_body": True}
            self._protocol.resume_reading()
            self._waiter = self._protocol.loop.create_future()
            await self._waiter
            self._waiter = None

    def _next_part(self) -> Message:
        body = self._body
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        self._buffered = 0
        self._told_end = self.body_complete
        return {"type": "http.request", "body": data, "more_body": not self.body_complete}

    async def send(self, message: Message) -> None:
        """Write the response. The head goes out with the first part of the body, in one piece."""
        if self.disconnected:
            return
        if not self.response_started:
            self._begin(message)
            return
        if self.response_complete or message["type"] != "http.response.body":
            raise RuntimeError("response already complete, or started twice")
        body = message.get("body", b"")
        more = message.get("more_body", False)
        protocol = self._protocol
        protocol.transport.write(self._framed(body, last=not more))
        if not more:
            if self._left:
                raise RuntimeError("response shorter than its Content-Length")
            self.response_complete = True
        elif protocol.writing_paused:
            await protocol.drain()

    def _begin(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError("response body before its start")
        status = message["status"]
        protocol = self._protocol
        if not self.body_complete or protocol.front.draining:
            # What is still to come of the request will not be read: the connection ends here.
            self.keep_alive = False
        lines = [_STATUS_LINES[status]]
        length: int | None = None
        for name, value in message["headers"]:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                self.keep_alive = False  # only the gateway's own answers carry it, to close
                continue
            lines += (name, b": ", value, b"\r\n")
        for name, value in protocol.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if self._scope["method"] == "HEAD" or status in _NO_BODY_STATUS:
            self._left = 0
        elif length is None:
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        else:
            self._left = length
        lines.append(b"\r\n")
        self._head = b"".join(lines)
        self.response_started = True

    def _framed(self, body: bytes, *, last: bool) -> bytes:
        head, self._head = self._head, None
        if self._chunked:
            parts = [head] if head is not None else []
            if body:
                parts += (b"%x\r\n" % len(body), body, b"\r\n")
            if last:
                parts.append(b"0\r\n\r\n")
            return b"".join(parts)
        if len(body) > self._left:
            raise RuntimeError("response longer than its Content-Length")
        self._left -= len(body)
        return body if head is None else head + body
