"""Asks the platform again and again until an answer is as it should be."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from matricula_localstack.demo.story import Story

POLL_SECONDS: Final = 0.3


async def until(
    story: Story,
    ask: Callable[[], Awaitable[Any]],
    is_so: Callable[[Any], bool],
    *,
    seconds: float,
    every: float = POLL_SECONDS,
) -> Any:
    """Return the first answer that is so; the step fails where none is within so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = await ask()
        if is_so(found):
            return found
        story.require(time.monotonic() < deadline, f"it happens within {seconds} s")
        await asyncio.sleep(every)
