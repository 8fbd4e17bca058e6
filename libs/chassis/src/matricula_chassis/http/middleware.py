"""Pure ASGI middleware: correlation and trace, access line and metrics, the problem boundary.

Nothing here reads a body or writes a path, a query or a header value into a log or a metric.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matricula_chassis.errors import DomainError
from matricula_chassis.http.health import HealthRegistry
from matricula_chassis.http.problem import ProblemCatalogue, problem_response, response_to
from matricula_chassis.ids import IdSource
from matricula_chassis.observability.context import (
    WorkContext,
    bound_context,
    current_context,
    is_correlation_id,
    new_context,
    parse_traceparent,
)
from matricula_chassis.observability.metrics import (
    HTTP_DURATION,
    HTTP_IN_FLIGHT,
    HTTP_REQUESTS,
    UNMATCHED,
    known_method,
)
from matricula_chassis.observability.tracing import adopt_span, span

CORRELATION_HEADER: Final = "X-Correlation-ID"
_CLIENT_CLOSED: Final = 499
_SERVER_ERROR: Final = 500
_UNAVAILABLE: Final = 503
_CONTEXT: Final = "matricula.context"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """One operation: its function, name, methods, and the template that stands for its paths."""

    endpoint: Callable[..., Any]
    operation: str
    template: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


class ResponseBroken(Exception):  # noqa: N818 - named as the fact it states
    """An answer failed after it had begun: the connection must be cut, not ended properly."""


class Correlation:
    """Takes or makes the correlation id and the trace position, binds them, and gives them back.

    An incoming correlation id counts only when it is a UUID: free text would reach the logs.
    """

    def __init__(self, app: ASGIApp, *, ids: IdSource, health: HealthRegistry) -> None:
        self._app = app
        self._ids = ids
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request inside its context."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(CORRELATION_HEADER)
        traceparent = headers.get("traceparent")
        context = new_context(
            given.lower() if given and is_correlation_id(given) else self._ids.uuid7(),
            traceparent=traceparent,
        )
        with span(
            "HTTP request", kind=SpanKind.SERVER, parent=parse_traceparent(traceparent)
        ) as current:
            context = adopt_span(context, current)
            scope[_CONTEXT] = context
            scope["matricula.span"] = current
            with bound_context(context):
                await self._app(scope, receive, self._with_headers(send, context))

    def _with_headers(self, send: Send, context: WorkContext) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[CORRELATION_HEADER] = context.correlation_id
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
                if self._health.is_draining:
                    headers["Connection"] = "close"  # the next request belongs elsewhere
            await send(message)

        return send_with_headers


class Access:
    """Writes one line and one set of metrics a request, by route template."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[KnownRoute]) -> None:
        self._app = app
        self._routes = tuple(routes)
        self._by_endpoint = {route.endpoint: route for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        is_complete = False

        async def watching_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        HTTP_IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, watching_send)
            is_complete = True
        except ClientDisconnect:
            status = status or _CLIENT_CLOSED
        except BaseException:
            status = status or _CLIENT_CLOSED
            raise
        finally:
            HTTP_IN_FLIGHT.dec()
            seconds = time.perf_counter() - started
            self._report(scope, status=status, seconds=seconds, is_complete=is_complete)

    def _report(self, scope: Scope, *, status: int, seconds: float, is_complete: bool) -> None:
        known = self._route_of(scope)
        route = known.template if known else UNMATCHED
        method = known_method(scope["method"])
        HTTP_REQUESTS.labels(method=method, route=route, status=str(status)).inc()
        HTTP_DURATION.labels(method=method, route=route).observe(seconds)
        _name_span(scope.get("matricula.span"), method=method, route=route, status=status)
        log.info(
            "http.request",
            method=method,
            route=route,
            operation=known.operation if known else None,
            status=status,
            duration_ms=round(seconds * 1000, 3),
            is_complete=is_complete,
        )

    def _route_of(self, scope: Scope) -> KnownRoute | None:
        endpoint = scope.get("endpoint")
        if endpoint is not None:
            return self._by_endpoint.get(endpoint)
        # Refused before it was routed: look the path up, or every bad body would be "unmatched".
        for route in self._routes:
            if scope["method"] in route.methods and route.pattern.match(scope["path"]):
                return route
        return None


def _name_span(current: Span | None, *, method: str, route: str, status: int) -> None:
    if current is None or not current.is_recording():
        return
    current.update_name(f"{method} {route}")
    current.set_attribute("http.request.method", method)
    current.set_attribute("http.route", route)
    current.set_attribute("http.response.status_code", status)


class ProblemBoundary:
    """The last place where an exception can become an answer: nothing gets out as it is."""

    def __init__(self, app: ASGIApp, *, problems: ProblemCatalogue) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request; a domain error becomes its problem, anything else a constant 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def watching_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watching_send)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            # The process ends and cannot wait for this request any longer.
            if not has_begun:
                await self._general(_UNAVAILABLE)(scope, receive, send)
            raise
        except Exception as error:  # noqa: BLE001 - the boundary is there for every one
            response = self._response_to(error)
            if has_begun:
                raise ResponseBroken from None
            await response(scope, receive, send)

    def _response_to(self, error: Exception) -> Response:
        if isinstance(error, DomainError):
            log_domain_error(error)
            return response_to(error, self._problems, correlation_id=_correlation_id())
        log.error("http.unexpected_error", exc_info=error)
        return self._general(_SERVER_ERROR)

    def _general(self, status: int) -> Response:
        kind = self._problems.kind_of_status(status)
        return problem_response(kind, correlation_id=_correlation_id())


def log_domain_error(error: DomainError) -> None:
    """Write one line for a refusal: the problem, the fault codes and the error's own context."""
    log.info(
        "http.problem",
        problem=error.problem,
        fault_codes=sorted({fault.code for fault in error.faults}),
        context=dict(error.context),
    )


def _correlation_id() -> str | None:
    context = current_context()
    return context.correlation_id if context else None
