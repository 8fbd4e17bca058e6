"""The HTTP side of every service. Import from here; the modules inside are free to move."""

from matricula_chassis.http.app import RepeatedOperation, ServiceApp, create_app, means_of
from matricula_chassis.http.authentication import Authenticator, Caller, authenticated
from matricula_chassis.http.body import STREAMS_BODY
from matricula_chassis.http.etag import etag_of, if_match, require_if_match, require_version
from matricula_chassis.http.health import HealthRegistry, Probes, Readiness
from matricula_chassis.http.idempotency import idempotency_key, request_hash
from matricula_chassis.http.middleware import CORRELATION_HEADER
from matricula_chassis.http.openapi import PUBLIC, problem_responses
from matricula_chassis.http.pagination import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    encode_cursor,
)
from matricula_chassis.http.problem import (
    CHASSIS_PROBLEMS,
    BadCatalogue,
    ParameterFault,
    ParameterFaults,
    ProblemCatalogue,
    ProblemKind,
    problem_document,
    problem_response,
    response_to,
)
from matricula_chassis.http.sse import EventSourceResponse, ServerSentEvent, progress_events

__all__ = [
    "CHASSIS_PROBLEMS",
    "CORRELATION_HEADER",
    "PUBLIC",
    "STREAMS_BODY",
    "Authenticator",
    "BadCatalogue",
    "Caller",
    "EventSourceResponse",
    "HealthRegistry",
    "Page",
    "ParameterFault",
    "ParameterFaults",
    "Probes",
    "ProblemCatalogue",
    "ProblemKind",
    "Readiness",
    "RepeatedOperation",
    "ServerSentEvent",
    "ServiceApp",
    "authenticated",
    "create_app",
    "cursor_after",
    "cursor_key",
    "decode_cursor",
    "encode_cursor",
    "etag_of",
    "idempotency_key",
    "if_match",
    "means_of",
    "problem_document",
    "problem_response",
    "problem_responses",
    "progress_events",
    "request_hash",
    "require_if_match",
    "require_version",
    "response_to",
]
