"""Runs the public listener: uvicorn's server with FrontProtocol in place of its own.

Stops in three steps: answers close their connections while the listener is still there, then it
closes, then what is in flight is finished. Must not know what is served.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

import structlog
import uvicorn

from matricula_chassis.runtime import AddressInUse
from matricula_gateway.adapters.http.front import FrontProtocol
from matricula_gateway.adapters.http.front_state import Front

_BACKLOG: Final = 4_096

log = structlog.get_logger()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the supervision."""
        yield


async def serve_front(
    app: Callable[..., Any],
    front: Front,
    *,
    host: str,
    port: int,
    stop: asyncio.Event,
    linger_seconds: float,
    drain_seconds: float,
    on_started: Callable[[], None],
) -> None:
    """Serve until `stop`, then drain; raises AddressInUse."""
    bound = _bind(host, port)
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=cast("Any", partial(FrontProtocol, front=front)),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, int(drain_seconds - linger_seconds - 1)),
    )
    server = _Server(config)

    async def stop_it() -> None:
        await stop.wait()
        front.draining = True
        await asyncio.sleep(linger_seconds)
        server.should_exit = True

    async with asyncio.TaskGroup() as group:
        stopping = group.create_task(stop_it())
        watching = group.create_task(front.watch())
        try:
            log.info("http.listening", listener="front", host=host, port=bound.getsockname()[1])
            on_started()
            await server.serve(sockets=[bound])
        finally:
            stopping.cancel()
            watching.cancel()
            bound.close()


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise AddressInUse(host, port) from None
    bound.setblocking(False)
    return bound
