"""Sends an admitted request to its service and pumps both bodies, with back-pressure both ways.

Nothing is kept beyond one buffer each way. Must not decide, record or choose connections.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from matricula_gateway.adapters.http.visit import ClientGone, Refused, Visit
from matricula_gateway.application.ports import Upstream, UpstreamExchange, UpstreamFailure
from matricula_gateway.application.rulings import REFUSALS
from matricula_gateway.domain.fields import response_fields

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_SAFE_TO_REPEAT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_FAULTS: Final = {"slow": "body_slow", "malformed": "body_malformed"}


class ResponseBroken(Exception):  # noqa: N818 - named as the fact it states
    """The service broke off in the middle of an answer; the client must see that."""


def request_head(visit: Visit, *, authority: bytes, token: bytes | None) -> bytes:
    """Return the head of the request to the service: the path that was routed, and no other."""
    parts = [visit.method.encode("ascii"), b" ", visit.path]
    if visit.query:
        parts += (b"?", visit.query)
    parts += (b" HTTP/1.1\r\nhost: ", authority, b"\r\n", visit.lines)
    if token is not None:
        parts += (b"authorization: Bearer ", token, b"\r\n")
    length = visit.framing.length
    if length is None:
        parts.append(b"transfer-encoding: chunked\r\n")
    elif length or visit.method in {"POST", "PUT", "PATCH"}:
        parts.append(b"content-length: %d\r\n" % length)
    parts += (b"x-correlation-id: ", visit.correlation_id.encode("ascii"), b"\r\n\r\n")
    return b"".join(parts)


async def ask(
    visit: Visit,
    upstream: Upstream,
    receive: Receive,
    *,
    head: bytes,
    limit: int,
    idle_seconds: float,
) -> UpstreamExchange:
    """Send the request and wait for the head of the answer.

    Raises Refused or ClientGone; the caller owns the exchange that is returned. A request without
    a body that may be repeated is sent once more when a kept connection turns out to be dead
    before anything of an answer arrived (RFC 9110 section 9.2.2).
    """
    may_repeat = visit.framing.length == 0 and visit.method in _SAFE_TO_REPEAT
    try:
        try:
            return await _exchange(
                visit, upstream, receive, head=head, limit=limit, idle_seconds=idle_seconds
            )
        except _Stale:
            if not may_repeat:
                raise
            return await _exchange(
                visit, upstream, receive, head=head, limit=limit, idle_seconds=idle_seconds,
                fresh=True,
            )  # fmt: skip
    except UpstreamFailure as failure:
        if visit.stream.disconnected:
            raise ClientGone from None
        raise Refused(REFUSALS[f"upstream_{failure.reason}"]) from None


class _Stale(UpstreamFailure):
    """A kept connection was dead before a byte of the answer came."""


async def _exchange(
    visit: Visit,
    upstream: Upstream,
    receive: Receive,
    *,
    head: bytes,
    limit: int,
    idle_seconds: float,
    fresh: bool = False,
) -> UpstreamExchange:
    exchange = await upstream.acquire(idle_seconds=idle_seconds, fresh=fresh)
    stream = visit.stream
    if stream.disconnected:
        _give_back(visit, upstream, exchange)
        raise ClientGone
    has_body = visit.framing.length != 0
    stream.on_disconnect = exchange.abandon
    try:
        exchange.begin(
            head,
            bodyless=visit.method == "HEAD",
            on_answer=stream.wake if has_body else None,
        )
        if has_body:
            await _pump_request(
                exchange, receive, is_chunked=visit.framing.length is None, limit=limit
            )
        else:
            exchange.end()
        await exchange.head()
    except UpstreamFailure as failure:
        is_stale = failure.reason == "reset" and exchange.reused and not failure.answered
        _give_back(visit, upstream, exchange)
        if not stream.disconnected:
            upstream.note_failure("stale" if is_stale else failure.reason)
        if is_stale:
            raise _Stale("reset") from None
        raise
    except BaseException:
        _give_back(visit, upstream, exchange)
        raise
    return exchange


async def _pump_request(
    exchange: UpstreamExchange, receive: Receive, *, is_chunked: bool, limit: int
) -> None:
    """Pass the body on; returns early when the service answers before its end."""
    passed = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            fault = message.get("fault")
            if fault is None:
                raise ClientGone
            raise Refused(REFUSALS[_FAULTS[fault]])
        data = message["body"]
        must_drain = False
        if data:
            passed += len(data)
            if passed > limit:
                raise Refused(REFUSALS["body_too_large"])
            must_drain = exchange.write(b"%x\r\n%b\r\n" % (len(data), data) if is_chunked else data)
        if not message["more_body"]:
            if is_chunked:
                exchange.write(b"0\r\n\r\n")
            exchange.end()
            return
        if must_drain:
            await exchange.drain()
        if exchange.answered:
            return


async def pump_response(visit: Visit, exchange: UpstreamExchange, send: Send) -> None:
    """Pass the answer on; raises ResponseBroken when the service breaks off."""
    await send(
        {
            "type": "http.response.start",
            "status": exchange.status,
            "headers": [*response_fields(exchange.headers), *visit.fields],
        }
    )
    stream = visit.stream
    is_head_sent = False
    try:
        while True:
            data = exchange.take()
            if data is None:
                await send(_LAST)
                return
            if not data and is_head_sent:
                await exchange.more()
                continue
            is_head_sent = True
            is_last = exchange.finished
            await send({"type": "http.response.body", "body": data, "more_body": not is_last})
            if is_last:
                return
            if stream.disconnected:
                raise ClientGone
    except UpstreamFailure:
        if stream.disconnected:
            raise ClientGone from None
        raise ResponseBroken from None


_LAST: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


def _give_back(visit: Visit, upstream: Upstream, exchange: UpstreamExchange) -> None:
    visit.stream.on_disconnect = None
    exchange.abandon()
    upstream.release(exchange)


def give_back(visit: Visit, upstream: Upstream, exchange: UpstreamExchange) -> None:
    """Return the connection after the answer; one that is not used up is broken off."""
    visit.stream.on_disconnect = None
    upstream.release(exchange)
