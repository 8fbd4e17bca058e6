"""Asks a server whether it is ready, in its own protocol: HTTP, PostgreSQL or Kafka.

An open port is not enough: both servers accept connections before they can do any work.
"""

import asyncio
import struct
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

_ANSWER_SECONDS: Final = 2.0
_HTTP_OK: Final = b"200"
_POSTGRES_PROTOCOL: Final = 196_608  # version 3.0
_API_VERSIONS: Final = 18
_LARGEST_ANSWER: Final = 1 << 20


async def is_ready(address: str) -> bool:
    """Ask the server at `http://…`, `postgres://host:port` or `kafka://host:port` once.

    False while it is starting, unreachable or unwell; ValueError for another kind of address.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "127.0.0.1", parts.port
    if port is None:
        raise ValueError("an address to ask for readiness needs a port")
    asks = {"http": _http, "postgres": _postgres, "kafka": _kafka}
    if parts.scheme not in asks:
        raise ValueError("readiness is asked over http, postgres or kafka")
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            return await asks[parts.scheme](reader, writer, parts.path or "/")
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bool:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status_line = await reader.readline()
    return status_line.split(b" ")[1:2] == [_HTTP_OK]


async def _postgres(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _path: str) -> bool:
    """Send a start-up message: a ready server asks for authentication, a starting one refuses."""
    body = struct.pack("!i", _POSTGRES_PROTOCOL) + b"user\0postgres\0\0"
    writer.write(struct.pack("!i", len(body) + 4) + body)
    return await reader.readexactly(1) == b"R"


async def _kafka(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _path: str) -> bool:
    """Ask for the API versions: answered once the broker takes requests."""
    body = struct.pack("!hhih", _API_VERSIONS, 0, 1, -1)
    writer.write(struct.pack("!i", len(body)) + body)
    (length,) = struct.unpack("!i", await reader.readexactly(4))
    if not 0 < length < _LARGEST_ANSWER:
        return False
    _correlation, error = struct.unpack("!ih", (await reader.readexactly(length))[:6])
    return bool(error == 0)
