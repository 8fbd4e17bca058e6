"""Bodies that do not end soon: constant memory, pressure both ways, and clients that leave."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

LEARNERS = "/v1/learners"
UPLOAD = "/v1/submissions"
MEGABYTE = 1 << 20


async def test_an_upload_of_200_mb_takes_constant_memory(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    block = b"z" * MEGABYTE
    before = gateway.memory()
    highest = before

    async def parts() -> AsyncIterator[bytes]:
        nonlocal highest
        for _ in range(200):
            yield block
            highest = max(highest, gateway.memory())

    headers = {"Content-Length": str(200 * MEGABYTE), **gateway.bearer()}
    answer = await client.post(UPLOAD, content=parts(), headers=headers)
    assert answer.json()["received"] == 200 * MEGABYTE
    assert highest - before < 24 * MEGABYTE


async def test_pressure_of_a_slow_service_reaches_the_client(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    taken = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            yield b"z" * MEGABYTE
            taken += MEGABYTE

    before = gateway.memory()
    headers = {"Prefer": "stub=slow", "Content-Length": str(500 * MEGABYTE), **gateway.bearer()}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await client.post(UPLOAD, content=parts(), headers=headers)
    assert taken < 60 * MEGABYTE  # about 6 MB were read; the rest is the kernel's buffers
    assert gateway.memory() - before < 24 * MEGABYTE


async def test_a_download_of_200_mb_takes_constant_memory(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": f"stub=bytes:{200 * MEGABYTE}", **gateway.bearer()}
    before = gateway.memory()
    highest, received = before, 0
    async with client.stream("GET", LEARNERS, headers=headers) as answer:
        await asyncio.sleep(0.5)
        async for part in answer.aiter_raw():
            received += len(part)
            highest = max(highest, gateway.memory())
    assert received == 200 * MEGABYTE
    assert highest - before < 24 * MEGABYTE


async def test_server_sent_events_pass_one_by_one(client: httpx.AsyncClient, gateway: Any) -> None:
    headers = {"Prefer": "stub=events", **gateway.bearer()}
    path = f"{UPLOAD}/1/events"
    lines = []
    async with asyncio.timeout(30), client.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            lines.append(line)
            if len(lines) == 9:
                break
    assert lines[::3] == ["id: 0", "id: 1", "id: 2"]


async def test_the_head_of_a_quiet_stream_does_not_wait_for_its_first_event(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": "stub=quiet", **gateway.bearer()}
    address = f"{UPLOAD}/1/events"
    async with asyncio.timeout(30), client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["events", "quiet"])
async def test_a_client_that_leaves_a_stream_ends_it_at_the_service(
    kind: str, client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    headers = {"Prefer": f"stub={kind}", **gateway.bearer()}
    async with client.stream("GET", f"{UPLOAD}/1/events", headers=headers) as answer:
        assert answer.status_code == 200
    await stub.until_idle()


async def test_a_client_that_leaves_an_upload_ends_it_at_the_service(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    headers = {"Content-Length": "1000000", **gateway.bearer()}
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode() + b"a" * 1000)

    async def has_begun() -> bool:
        return bool((await stub.state())["open"] == 1)

    await until(has_begun)
    writer.transport.abort()

    async def is_aborted() -> bool:
        state = await stub.state()
        return bool(state["open"] == 0 and state["aborted"] == 1)

    await until(is_aborted)
    assert reader is not None
