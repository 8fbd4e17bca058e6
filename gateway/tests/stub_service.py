"""A service that does what the tests ask of it, as a process of its own: `stub_service.py PORT`.

What it should do stands in `Prefer: stub=...`; what it saw is told under /seen. Knows nothing of
the gateway.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

SEEN: list[dict[str, Any]] = []
STATE = {"open": 0, "aborted": 0, "connections": 0}


class Request:
    def __init__(self, head: bytes, reader: asyncio.StreamReader) -> None:
        first, *lines = head.split(b"\r\n")
        self.method, self.target, self.version = first.decode("latin-1").split(" ", 2)
        self.fields = [
            (name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
            for name, _, value in (line.partition(b":") for line in lines if line)
        ]
        self.reader = reader
        self.received = 0
        self.digest = hashlib.sha256()

    def field(self, name: str, default: str = "") -> str:
        return dict(self.fields).get(name, default)

    @property
    def mode(self) -> str:
        prefer = self.field("prefer")
        return prefer.removeprefix("stub=") if prefer.startswith("stub=") else "plain"

    async def body(self, pace: float = 0.0) -> None:
        if self.field("transfer-encoding") == "chunked":
            while True:
                size = int(await self.reader.readline(), 16)
                data = await self.reader.readexactly(size + 2)
                if size == 0:
                    return
                self._take(data[:-2])
        left = int(self.field("content-length", "0"))
        while left:
            data = await self.reader.read(min(left, 65536))
            if not data:
                raise ConnectionError
            left -= len(data)
            self._take(data)
            if pace:
                await asyncio.sleep(pace)

    def _take(self, data: bytes) -> None:
        self.received += len(data)
        self.digest.update(data)


def response(status: str, body: bytes, *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


async def plain(request: Request, writer: asyncio.StreamWriter) -> bool:
    await request.body()
    told = {"sha256": request.digest.hexdigest(), "received": request.received}
    writer.write(response("200 OK", json.dumps(told).encode(), "content-type: application/json"))
    return True


async def bytes_(request: Request, writer: asyncio.StreamWriter) -> bool:
    """bytes:N - a response of N bytes, chunked."""
    left = int(request.mode.partition(":")[2])
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    block = b"x" * 65536
    while left:
        data = block[:left]
        left -= len(data)
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    return True


async def events(request: Request, writer: asyncio.StreamWriter) -> bool:
    """events - server-sent events for ever, ten a second."""
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    await writer.drain()
    number = 0
    while True:
        await asyncio.sleep(0.1)
        event = f"id: {number}\ndata: tick\n\n".encode()
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await writer.drain()
        number += 1


async def quiet(request: Request, writer: asyncio.StreamWriter) -> bool:
    """quiet - the head of an event stream and then nothing."""
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    await request.reader.read(1)
    return False


async def reset(request: Request, writer: asyncio.StreamWriter) -> bool:
    """reset - a third of the promised body, then the connection is cut."""
    await request.body()
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n" + b"y" * 100_000)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    return False


async def torn(request: Request, writer: asyncio.StreamWriter) -> bool:
    """torn - two chunks, and the connection is cut before the last one."""
    await request.body()
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    writer.write(b"5\r\nfirst\r\n6\r\nsecond\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)
    return False


async def cut(request: Request, writer: asyncio.StreamWriter) -> bool:
    """cut - the connection ends before any answer."""
    await request.body()
    return False


async def hang(request: Request, writer: asyncio.StreamWriter) -> bool:
    """hang - no answer, until the caller gives up."""
    await request.body()
    await request.reader.read(1)
    return False


async def slow(request: Request, writer: asyncio.StreamWriter) -> bool:
    """slow - reads the body at about 4 MB a second."""
    await request.body(pace=0.015)
    return await plain(request, writer)


async def early(request: Request, writer: asyncio.StreamWriter) -> bool:
    """early - refuses before the body is read."""
    writer.write(response("409 Conflict", b"{}", "content-type: application/json"))
    await writer.drain()
    await asyncio.sleep(0.5)
    return False


async def spoof(request: Request, writer: asyncio.StreamWriter) -> bool:
    """spoof - a response with fields that belong to one hop."""
    await request.body()
    writer.write(
        response(
            "200 OK", b"{}", "connection: x-inside", "x-inside: secret", "server: stub/1",
            "keep-alive: timeout=5", "x-correlation-id: forged", 'etag: "7"',
        )
    )  # fmt: skip
    return True


async def interim(request: Request, writer: asyncio.StreamWriter) -> bool:
    """interim - a 103 before the answer."""
    await request.body()
    writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + response("200 OK", b"{}"))
    return True


async def garbage(request: Request, writer: asyncio.StreamWriter) -> bool:
    """garbage - not HTTP."""
    await request.body()
    writer.write(b"SSH-2.0-nothing here\r\n\r\n")
    return False


async def empty(request: Request, writer: asyncio.StreamWriter) -> bool:
    """empty - 204."""
    await request.body()
    writer.write(b'HTTP/1.1 204 No Content\r\netag: "3"\r\n\r\n')
    return True


async def offset(request: Request, writer: asyncio.StreamWriter) -> bool:
    """offset - the answer to HEAD: a length and no body."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 12345\r\nupload-offset: 12345\r\n\r\n")
    return True


Mode = Callable[[Request, asyncio.StreamWriter], Awaitable[bool]]
MODES: dict[str, Mode] = {
    "plain": plain, "bytes": bytes_, "events": events, "quiet": quiet, "reset": reset, "torn": torn, "cut": cut,
    "hang": hang, "slow": slow, "early": early, "spoof": spoof, "interim": interim,
    "garbage": garbage, "empty": empty, "offset": offset,
}  # fmt: skip


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    STATE["connections"] += 1
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            request = Request(head[:-4], reader)
            if request.target == "/seen":
                writer.write(response("200 OK", json.dumps({"seen": SEEN, **STATE}).encode()))
            elif request.target == "/forget":
                SEEN.clear()
                STATE["aborted"] = 0
                writer.write(response("200 OK", b""))
            elif not await answer(request, writer):
                return
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return
    finally:
        writer.close()


async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
    SEEN.append({"method": request.method, "target": request.target, "fields": request.fields})
    STATE["open"] += 1
    try:
        return await MODES[request.mode.partition(":")[0]](request, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        STATE["aborted"] += 1
        raise
    finally:
        STATE["open"] -= 1


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
