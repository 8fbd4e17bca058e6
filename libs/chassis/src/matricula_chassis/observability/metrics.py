"""Prometheus metrics that every process has: requests by route template, event-loop lag, progress.

Labels come from closed sets (methods, route templates, status codes, names in code), never from a
request's values. Each module keeps its own metrics as constants on the default registry.
"""

import asyncio
from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

UNMATCHED: Final = "unmatched"
"""The route label of requests that match no route: their paths must not become labels."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

HTTP_REQUESTS: Final = Counter(
    "matricula_http_requests",
    "Requests answered, by method, route template and status.",
    ("method", "route", "status"),
)
HTTP_DURATION: Final = Histogram(
    "matricula_http_request_seconds",
    "Time from the first byte of a request to the last byte of its answer.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
HTTP_IN_FLIGHT: Final = Gauge("matricula_http_requests_in_flight", "Requests being answered.")
LOOP_LAG: Final = Histogram(
    "matricula_event_loop_lag_seconds",
    "How much later than asked the event loop woke a sleeping task.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
STALLED_SECONDS: Final = Gauge(
    "matricula_progress_stalled_seconds",
    "Seconds without progress while work is waiting; 0 when all is well.",
    ("worker",),
)


def known_method(method: str) -> str:
    """Return the method as a label: a made-up one becomes OTHER."""
    return method if method in METHODS else "OTHER"


def exposition() -> tuple[bytes, str]:
    """Return all metrics of the process in Prometheus text format, and the media type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


async def observe_loop_lag(*, interval: float = 0.5) -> None:
    """Measure the event loop's lag until cancelled; `interval` in seconds."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + interval
        await asyncio.sleep(interval)
        LOOP_LAG.observe(max(0.0, loop.time() - due))
