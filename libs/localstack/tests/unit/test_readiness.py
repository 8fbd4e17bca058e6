"""Readiness asked in each server's own protocol; an open port alone is never enough."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from matricula_localstack.ports import free_ports
from matricula_localstack.readiness import is_ready

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("scheme", "answer", "expected"),
    [
        ("http", b"HTTP/1.1 200 OK\r\n\r\n", True),
        ("http", b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        ("http", b"HTTP/1.1 2000 OK\r\n\r\n", False),
        ("http", b"", False),
        ("postgres", b"R\0\0\0\x08\0\0\0\0", True),
        ("postgres", b"E\0\0\0\x08FATAL", False),
        ("postgres", b"", False),
        ("kafka", b"\0\0\0\x06\0\0\0\x01\0\0", True),
        ("kafka", b"\0\0\0\x06\0\0\0\x01\0\x23", False),
        ("kafka", b"\0\0\0\x06\0\0", False),
        ("kafka", b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
    ],
)
async def test_an_answer_is_judged(scheme: str, answer: bytes, *, expected: bool) -> None:
    async with answering(answer) as port:
        assert await is_ready(f"{scheme}://127.0.0.1:{port}/readyz") is expected


async def test_nobody_there_is_not_ready() -> None:
    (port,) = free_ports(1)
    assert not await is_ready(f"http://127.0.0.1:{port}/readyz")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:1", "http://127.0.0.1/readyz"])
async def test_an_address_that_cannot_be_asked_is_a_mistake_in_the_table(address: str) -> None:
    with pytest.raises(ValueError, match=r"readiness"):
        await is_ready(address)
