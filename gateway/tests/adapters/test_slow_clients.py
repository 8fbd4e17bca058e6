"""Clients that are slow, idle or too many: they are given up, and the others do not notice."""

import asyncio
import contextlib
from typing import Any


def request(gateway: Any, method: str = "GET", *lines: str) -> bytes:
    token = gateway.bearer()["Authorization"]
    head = [f"{method} /v1/learners HTTP/1.1", "Host: x", f"Authorization: {token}", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


async def test_a_head_that_never_ends_is_given_up(make_gateway: Any) -> None:
    one = make_gateway(GATEWAY_HEAD_SECONDS="1")
    await one.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    received = b""

    async def trickle() -> None:
        writer.write(b"GET /v1/learners HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.05)

    sender = asyncio.ensure_future(trickle())
    # A byte that meets the closed connection is answered with a reset.
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(30):
            while part := await reader.read(4096):
                received += part
    sender.cancel()
    writer.close()
    assert received.startswith(b"HTTP/1.1 408 ")


async def test_a_body_of_a_byte_a_second_is_given_up(make_gateway: Any, stub: Any) -> None:
    one = make_gateway(GATEWAY_BODY_WINDOW_SECONDS="1")
    await one.start()
    await stub.forget()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    writer.write(request(one, "POST", "Content-Length: 1000000"))

    async def trickle() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.1)

    sender = asyncio.ensure_future(trickle())
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n\r\n")
    sender.cancel()
    writer.close()
    assert head.startswith(b"HTTP/1.1 408 ")
    await stub.until_idle()


async def test_an_idle_connection_is_closed_without_a_word(make_gateway: Any) -> None:
    one = make_gateway(GATEWAY_HEAD_SECONDS="2", GATEWAY_IDLE_SECONDS="2")
    await one.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    writer.write(request(one))
    async with asyncio.timeout(30):
        received = await reader.read()
    writer.close()
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 4" not in received


async def test_a_client_that_does_not_read_its_answer_is_given_up(
    make_gateway: Any, stub: Any
) -> None:
    one = make_gateway(GATEWAY_WRITE_SECONDS="1")
    await one.start()
    await stub.forget()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port, limit=1024)
    writer.write(request(one, "GET", "Prefer: stub=bytes:100000000"))
    async with asyncio.timeout(30):
        while 'reason="slow_reader"' not in await one.metrics():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    await stub.until_idle()
    writer.close()
    assert reader is not None


async def test_a_thousand_idle_connections_of_one_address_do_not_keep_others_out(
    make_gateway: Any,
) -> None:
    # They idle for longer than the other one is waited for, so none makes room for it.
    one = make_gateway(GATEWAY_MAX_CONNECTIONS_PER_ADDRESS="300", GATEWAY_HEAD_SECONDS="120")
    await one.start()
    held = []
    for _ in range(1_000):
        try:
            held.append(await asyncio.open_connection("127.0.0.1", one.port))
        except OSError:
            continue  # turned away at once: that is what is wanted
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", one.port, local_addr=("127.0.0.2", 0)
    )
    writer.write(request(one))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert 'reason="connections_per_address"' in await one.metrics()
    for _, other in [*held, (reader, writer)]:
        other.close()
