"""Guards what comes in, before any route: size while it streams, media type, strict JSON, target.

Routes tagged `streams-body` read their body themselves and are exempt from all but the target.
"""

import asyncio
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matricula_chassis.errors import DomainError, Invalid
from matricula_chassis.http.strict_json import parse_strictly

STREAMS_BODY: Final = "streams-body"
"""The tag of routes that consume their own body."""

_JSON: Final = re.compile(
    r"application/(?:[a-z0-9.-]+\+)?json(?:\s*;\s*charset\s*=\s*\"?utf-?8\"?)?", re.IGNORECASE
)
_ARRIVAL_SECONDS: Final = 30.0


class BodyGuard:
    """ASGI middleware that lets only complete, bounded, strict JSON bodies through to a route."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        streaming: Collection[tuple[str, re.Pattern[str]]],
        arrival_seconds: float = _ARRIVAL_SECONDS,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._streaming = tuple(streaming)
        self._arrival_seconds = arrival_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request and hand it on, with its body held in memory."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _check_target(scope)
        headers = Headers(scope=scope)
        if self._is_streaming(scope) or not _has_body(headers):
            await self._app(scope, receive, send)
            return
        self._check_headers(headers)
        try:
            async with asyncio.timeout(self._arrival_seconds):
                body = await self._read(receive)
        except TimeoutError:
            raise DomainError("request-timeout") from None
        if body:
            parse_strictly(body)
        await self._app(scope, _Replay(body, receive), send)

    def _is_streaming(self, scope: Scope) -> bool:
        method, path = scope["method"], scope["path"]
        return any(method == known and pattern.match(path) for known, pattern in self._streaming)

    def _check_headers(self, headers: Headers) -> None:
        length = headers.get("content-length")
        if length is not None and length.isdecimal() and int(length) > self._max_bytes:
            raise _too_large()
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Invalid("unsupported-media-type")
        if length == "0":
            return
        if _JSON.fullmatch(headers.get("content-type", "").strip()) is None:
            raise Invalid("unsupported-media-type")

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise _too_large()
            if not message.get("more_body", False):
                return bytes(body)


class _Replay:
    """Hands a body on once; afterwards the real channel says when the client leaves."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return message if message is not None else await self._receive()


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or "content-length" in headers


def _check_target(scope: Scope) -> None:
    # A NUL would reach PostgreSQL as an error of ours; U+FFFD stands for bytes that are no UTF-8.
    path: str = scope["path"]
    query: bytes = scope.get("query_string", b"")
    if "\x00" in path or "\ufffd" in path:
        raise Invalid("bad-request")
    if b"%" in query or not query.isascii():
        decoded = unquote_to_bytes(query)
        if b"\x00" in decoded or not _is_utf8(decoded):
            raise Invalid("bad-request")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _too_large() -> Invalid:
    return Invalid("payload-too-large")
