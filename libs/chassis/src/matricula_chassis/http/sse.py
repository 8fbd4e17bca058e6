"""Progress as server-sent events: one event per change, until the work ends or nobody listens.

FastAPI sends keep-alive comments every 15 s and cancels the stream when the client leaves. Here
the stream also ends when the process drains, so that it never holds up a restart.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from fastapi import Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from matricula_chassis.http.health import HealthRegistry

__all__ = ["EventSourceResponse", "ServerSentEvent", "progress_events"]

_RECONNECT_MILLISECONDS: Final = 2_000
_LIFE_SECONDS: Final = 900.0

SnapshotT = TypeVar("SnapshotT", bound=BaseModel)


async def progress_events(
    request: Request,
    snapshot: Callable[[], Awaitable[SnapshotT]],
    *,
    is_final: Callable[[SnapshotT], bool],
    every_seconds: float = 0.5,
    life_seconds: float = _LIFE_SECONDS,
) -> AsyncIterator[ServerSentEvent]:
    """Yield the state now and after every change; the last event is named `end`.

    Use it in an endpoint with `response_class=EventSourceResponse`:
    `async for event in progress_events(...): yield event`. Without `end`, the client reconnects.
    Ask for what may raise (does it exist, is it allowed) in a dependency: the status is sent first.
    """
    health: HealthRegistry = request.app.state.health
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + life_seconds
    last: SnapshotT | None = None
    number = 0
    while not health.is_draining and loop.time() < ends_at:
        state = await snapshot()
        if state != last:
            number += 1
            last = state
            yield ServerSentEvent(
                data=state,
                event="end" if is_final(state) else "progress",
                id=str(number),
                retry=_RECONNECT_MILLISECONDS if number == 1 else None,
            )
        if is_final(state):
            return
        await asyncio.sleep(every_seconds)
