"""Serves an ASGI application with uvicorn inside a supervised process: uvloop, httptools, one loop.

uvicorn keeps its hands off signals and logging here; the process decides when it stops.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

_BACKLOG: Final = 2_048
_KEEP_ALIVE_SECONDS: Final = 75

log = structlog.get_logger()


class AddressInUse(Exception):  # noqa: N818 - named as the fact it states
    """The address cannot be listened on; `host` and `port` say which."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__("the address cannot be listened on")
        self.host = host
        self.port = port


class StartupFailed(Exception):  # noqa: N818 - named as the fact it states
    """The application's lifespan failed to start."""


@dataclass(frozen=True, slots=True)
class Listener:
    """An application and the address it is served on."""

    app: ASGIApp
    host: str
    port: int
    name: str = "http"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the supervision."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


async def serve_http(
    listener: Listener,
    *,
    stop: asyncio.Event,
    drain_seconds: float,
    linger_seconds: float = 0.5,
    on_started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until `stop`; then linger, close the listener and finish what is in flight.

    `linger_seconds` lets whoever routes requests here see that readiness is off. Raises
    AddressInUse or StartupFailed.
    """
    bound = _bind(listener)
    config = uvicorn.Config(
        listener.app,
        http="httptools",
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        # Requests end before the supervision's own limit, so that pools close after them.
        timeout_graceful_shutdown=max(1, int(drain_seconds - linger_seconds - 1)),
    )
    host, port = bound.getsockname()[:2]

    def started() -> None:
        log.info("http.listening", listener=listener.name, host=host, port=port)
        on_started()

    server = _Server(config, on_started=started)
    async with asyncio.TaskGroup() as group:
        closer = group.create_task(_close_after(stop, server, linger_seconds))
        try:
            await server.serve(sockets=[bound])
        except SystemExit:
            # uvicorn ends the interpreter when a lifespan fails; here that is one task's failure.
            raise StartupFailed from None
        finally:
            closer.cancel()
            bound.close()


async def _close_after(stop: asyncio.Event, server: uvicorn.Server, seconds: float) -> None:
    await stop.wait()
    await asyncio.sleep(seconds)
    server.should_exit = True


def _bind(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listener.host, listener.port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise AddressInUse(listener.host, listener.port) from None
    bound.setblocking(False)
    return bound
