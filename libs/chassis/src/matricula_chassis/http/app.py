"""Makes the FastAPI application of a service, with everything that all services must do alike.

No operation is added here but the probes, and no state is kept outside of the application.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from matricula_chassis.http import openapi
from matricula_chassis.http.authentication import Authenticator, OncePerRequest
from matricula_chassis.http.body import STREAMS_BODY, BodyGuard
from matricula_chassis.http.faults import faults_of
from matricula_chassis.http.health import HealthRegistry, Probes
from matricula_chassis.http.middleware import (
    Access,
    Correlation,
    KnownRoute,
    ProblemBoundary,
    log,
)
from matricula_chassis.http.problem import ProblemCatalogue, headers_of, problem_response
from matricula_chassis.ids import IdSource, SystemIds
from matricula_chassis.observability.context import current_context

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_METHOD_NOT_ALLOWED = 405
_KEPT_HEADERS = ("Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate")


class RepeatedOperation(Exception):  # noqa: N818 - named as the fact it states
    """Two endpoints have one name; `names` lists them. The name is the operation id."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("operation ids are not unique")
        self.names = tuple(names)


class ServiceApp(FastAPI):
    """A FastAPI application whose OpenAPI document tells the whole truth about problems."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.complete(super().openapi(), self.state.problems)
        return self.openapi_schema


def create_app(
    *,
    service: str,
    title: str,
    version: str,
    description: str,
    routers: Sequence[APIRouter],
    problems: ProblemCatalogue,
    health: HealthRegistry,
    max_body_bytes: int = 1_048_576,
    lifespan: Lifespan | None = None,
    authenticate: Authenticator | None,
    ids: IdSource | None = None,
) -> FastAPI:
    """Return the application of a service.

    `authenticate` is asked at most once per request, through `app.state.authenticate`. Bodies
    over `max_body_bytes` are refused while they arrive, except on routes tagged `streams-body`.
    Raises RepeatedOperation when two endpoints have the same name.
    """
    app = ServiceApp(
        title=title,
        version=version,
        description=description,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=lifespan,
        exception_handlers={
            RequestValidationError: _on_invalid_request,
            HTTPException: _on_http_exception,
        },
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.service, app.state.problems, app.state.health = service, problems, health
    app.state.authenticate = OncePerRequest(authenticate)
    for router in routers:
        app.include_router(router)
    app.state.routes = _operations(app)
    app.user_middleware = [
        Middleware(Probes, health=health),
        Middleware(Correlation, ids=ids or SystemIds(), health=health),
        Middleware(Access, routes=app.state.routes),
        Middleware(ProblemBoundary, problems=problems),
        Middleware(BodyGuard, max_bytes=max_body_bytes, streaming=_streaming(app)),
    ]
    return app


def means_of(request: Request) -> Any:
    """Return everything that endpoints use: what bootstrap put into `app.state.means`."""
    return request.app.state.means


def _operation_id(route: APIRoute) -> str:
    return route.name


def _api_routes(app: FastAPI) -> Iterator[RouteContext]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context


def _operations(app: FastAPI) -> list[KnownRoute]:
    routes = [
        KnownRoute(
            endpoint=context.endpoint,
            operation=str(context.name),
            template=str(context.path_format),
            pattern=context.path_regex,
            methods=frozenset(context.methods or ()),
        )
        for context in _api_routes(app)
        if context.endpoint is not None
    ]
    _require_unique([route.operation for route in routes])
    return routes


def _require_unique(names: Sequence[str]) -> None:
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise RepeatedOperation(repeated)


def _streaming(app: FastAPI) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (method, context.path_regex)
        for context in _api_routes(app)
        if STREAMS_BODY in context.tags
        for method in context.methods or ()
    ]


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    faults = faults_of(
        error.errors(),
        body=error.body,
        known_names=openapi.member_names(request.app.openapi()),
    )
    kind = request.app.state.problems.kind("validation-failed")
    log.info(
        "http.problem", problem=kind.slug, fault_codes=sorted({fault.code for fault in faults})
    )
    return problem_response(kind, correlation_id=_correlation_id(), faults=faults)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    # The exception's own detail is dropped: it may quote what was sent.
    given = error.headers or {}
    kind = request.app.state.problems.kind_of_status(error.status_code)
    kept = {name: given[name] for name in _KEPT_HEADERS if name in given}
    if error.status_code == _METHOD_NOT_ALLOWED:
        kept["Allow"] = _allowed_methods(request)
    log.info("http.problem", problem=kind.slug, fault_codes=[])
    return problem_response(
        kind, correlation_id=_correlation_id(), headers={**headers_of(kind), **kept}
    )


def _allowed_methods(request: Request) -> str:
    # Starlette names the methods of the first route only; a path has one route a method.
    routes: Sequence[KnownRoute] = request.app.state.routes
    path = request.scope["path"]
    matching = [route for route in routes if route.pattern.match(path)]
    # A path that is written out is not also the id of something: /v1/things/search.
    meant = [route for route in matching if route.template == path] or matching
    return ", ".join(sorted({method for route in meant for method in route.methods}))


def _correlation_id() -> str | None:
    context = current_context()
    return context.correlation_id if context else None
