"""Server-sent events: one for each change, ended by the process, the reader or the work."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from matricula_chassis.http import (
    EventSourceResponse,
    HealthRegistry,
    ServerSentEvent,
    progress_events,
)
from matricula_testkit.observed import client_for


class Progress(BaseModel):
    done: int
    total: int


class Work:
    def __init__(self, *states: int) -> None:
        self.states = list(states)
        self.asked = 0
        self.is_closed = asyncio.Event()

    async def snapshot(self) -> Progress:
        self.asked += 1
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return Progress(done=state, total=3)


def app_for(work: Work, make_app: Callable[..., FastAPI]) -> FastAPI:
    router = APIRouter()

    @router.get("/progress", response_class=EventSourceResponse)
    async def watch_progress(request: Request) -> AsyncIterator[ServerSentEvent]:
        try:
            async for event in progress_events(
                request, work.snapshot, is_final=lambda state: state.done == 3, every_seconds=0.001
            ):
                yield event
        finally:
            work.is_closed.set()

    return make_app(router)


def parse(text: str) -> list[dict[str, str]]:
    return [
        dict(line.split(": ", 1) for line in block.splitlines() if line)
        for block in text.split("\n\n")
        if block
    ]


async def test_each_change_is_one_event_and_the_last_is_named_end(
    make_app: Callable[..., FastAPI],
) -> None:
    async with client_for(app_for(Work(1, 1, 1, 2, 3), make_app)) as client:
        answer = await client.get("/progress")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    events = parse(answer.text)
    assert [(one["event"], json.loads(one["data"])["done"], one["id"]) for one in events] == [
        ("progress", 1, "1"),
        ("progress", 2, "2"),
        ("end", 3, "3"),
    ]
    assert events[0]["retry"] == "2000"


async def test_a_stream_ends_when_the_process_drains(
    make_app: Callable[..., FastAPI], health: HealthRegistry
) -> None:
    work = Work(1)
    async with client_for(app_for(work, make_app)) as client:
        asking = asyncio.create_task(client.get("/progress"))
        while work.asked < 2:  # noqa: ASYNC110 - the work counts, it signals nothing
            await asyncio.sleep(0.001)
        health.mark_draining()
        events = parse((await asking).text)
    assert [one["event"] for one in events] == ["progress"]


async def test_a_quiet_stream_is_kept_alive(
    make_app: Callable[..., FastAPI], health: HealthRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.01)
    work = Work(1)
    async with client_for(app_for(work, make_app)) as client:
        asking = asyncio.create_task(client.get("/progress"))
        while work.asked < 30:  # noqa: ASYNC110 - the work counts, it signals nothing
            await asyncio.sleep(0.001)
        health.mark_draining()
        assert ": ping\n\n" in (await asking).text


async def test_a_stream_nobody_reads_is_closed(make_app: Callable[..., FastAPI]) -> None:
    work = Work(1)
    app = app_for(work, make_app)
    gone = asyncio.Event()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            gone.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "GET", "path": "/progress", "raw_path": b"/progress", "root_path": "",
        "scheme": "http", "query_string": b"", "headers": [], "server": ("probe", 80),
    }  # fmt: skip
    async with asyncio.timeout(30):
        with suppress(asyncio.CancelledError):
            await app(scope, receive, send)  # type: ignore[arg-type]
        await work.is_closed.wait()
    asked = work.asked
    await asyncio.sleep(0.01)
    assert work.asked == asked
