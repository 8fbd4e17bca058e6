"""What a test needs to look at an application from outside: its log, a client, a small catalogue.

Nothing here stands in for the chassis: apps, logs and problems are the real ones.
"""

import json
import logging
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from typing import Any, Final

import httpx
import structlog
from starlette.types import ASGIApp

from matricula_chassis.http import CHASSIS_PROBLEMS, ProblemCatalogue
from matricula_chassis.observability.logging import configure_logging

_STATUSES: Final = {
    "bad-request": 400,
    "conflict": 409,
    "forbidden": 403,
    "idempotency-key-required": 400,
    "internal-error": 500,
    "invalid-cursor": 400,
    "malformed-json": 400,
    "method-not-allowed": 405,
    "not-found": 404,
    "payload-too-large": 413,
    "precondition-failed": 412,
    "precondition-required": 428,
    "rate-limited": 429,
    "request-timeout": 408,
    "unauthenticated": 401,
    "unavailable": 503,
    "unsupported-media-type": 415,
    "validation-failed": 422,
}


class CapturedLog:
    """What was logged since it was opened."""

    def __init__(self) -> None:
        self.stream = BytesIO()

    @property
    def text(self) -> str:
        """Return everything that was written."""
        return self.stream.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return every line, parsed."""
        return [json.loads(line) for line in self.text.splitlines()]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of one event name."""
        return [line for line in self.lines if line["event"] == name]


@contextmanager
def capturing_log(*, service: str = "probe") -> Iterator[CapturedLog]:
    """Configure logging as a process does, into memory, and put everything back afterwards."""
    root = logging.getLogger()
    before = structlog.get_config()
    levels = {name: logger.level for name, logger in _known_loggers().items()}
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning
    captured = CapturedLog()
    configure_logging(service=service, version="1.0.0", level="debug", stream=captured.stream)
    try:
        yield captured
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.raiseExceptions = True
        for name, value in levels.items():
            logging.getLogger(name).setLevel(value)
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = hooks


def _known_loggers() -> dict[str, logging.Logger]:
    names = ("sqlalchemy", "asyncio", "aiokafka", "httpx", "httpcore", "asyncpg")
    return {name: logging.getLogger(name) for name in names}


def catalogue_document(**more: int) -> dict[str, Any]:
    """Return a problem document with what the chassis needs and further slugs (`_` for `-`)."""
    statuses = _STATUSES | {slug.replace("_", "-"): status for slug, status in more.items()}
    assert statuses.keys() >= CHASSIS_PROBLEMS
    return {
        "version": 1,
        "problems": {
            slug: {
                "status": status,
                "title": f"Title of {slug}",
                "detail": f"Detail of {slug}.",
                "help": f"Help for {slug}.",
            }
            for slug, status in statuses.items()
        },
    }


def small_catalogue(**more: int) -> ProblemCatalogue:
    """Return the catalogue of `catalogue_document`."""
    return ProblemCatalogue.from_document(catalogue_document(**more))


@asynccontextmanager
async def client_for(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Open an httpx client that calls the application in memory; a request has five seconds."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://probe", timeout=5.0
    ) as client:
        yield client
