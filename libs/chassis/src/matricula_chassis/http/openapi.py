"""Completes the OpenAPI document: problem responses, security and required headers everywhere.

Pure: it takes the document that FastAPI made and changes it in place.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from matricula_chassis.http.problem import MEDIA_TYPE, ProblemCatalogue

PUBLIC: Final = "public"
"""The tag of operations that need no token."""

_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_WITH_BODY: Final = (400, 408, 413, 415, 422)
_WITH_PARAMETERS: Final = (400, 422)
_PROTECTED: Final = (401, 403)
_SECURITY: Final = "internalToken"
_SCHEMA: Final = "Problem"
_REFERENCE: Final = {"$ref": f"#/components/schemas/{_SCHEMA}"}
_REPLACED: Final = ("HTTPValidationError", "ValidationError")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route for the statuses of its own problems (404, 409, …)."""
    return {status: {"description": "A problem."} for status in statuses}


def complete(document: dict[str, Any], problems: ProblemCatalogue) -> dict[str, Any]:
    """Add to every operation what `create_app` makes true of it."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _REPLACED:
        schemas.pop(name, None)
    schemas[_SCHEMA] = _problem_schema()
    is_protected = False
    for operation in operations_of(document):
        _require_marked_headers(operation)
        _document_problems(operation, problems)
        if PUBLIC not in operation.get("tags", []):
            is_protected = True
            operation.setdefault("security", [{_SECURITY: []}])
    if is_protected:
        schemes = components.setdefault("securitySchemes", {})
        schemes.setdefault(_SECURITY, {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    return document


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every operation object of a document."""
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in _METHODS:
                yield operation


def member_names(document: Mapping[str, Any]) -> frozenset[str]:
    """Return every member name that the document's schemas define."""
    schemas = document.get("components", {}).get("schemas", {})
    return frozenset(name for schema in schemas.values() for name in schema.get("properties", {}))


def _document_problems(operation: dict[str, Any], problems: ProblemCatalogue) -> None:
    responses = operation.setdefault("responses", {})
    expected = {500, 503}
    if PUBLIC not in operation.get("tags", []):
        expected.update(_PROTECTED)
    if "requestBody" in operation:
        expected.update(_WITH_BODY)
    if operation.get("parameters"):
        expected.update(_WITH_PARAMETERS)
    for status in expected:
        responses.setdefault(str(status), {})
    for status, response in responses.items():
        if not status.isdecimal() or int(status) < 400:  # noqa: PLR2004 - HTTP's own border
            continue
        kind = problems.kind_of_status(int(status))
        if kind.status == int(status):
            response["description"] = kind.title
        response.setdefault("description", "A problem.")
        response["content"] = {MEDIA_TYPE: {"schema": _REFERENCE}}
    responses["default"] = {
        "description": "A problem.",
        "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
    }


def _require_marked_headers(operation: dict[str, Any]) -> None:
    # These headers answer with problems of their own when absent, so FastAPI must not check them.
    for parameter in operation.get("parameters", []):
        schema = parameter.get("schema", {})
        if not schema.pop("x-required", False):
            continue
        parameter["required"] = True
        parameter["schema"] = {"type": "string", "pattern": schema["pattern"]}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "Problem",
        "description": "RFC 9457 problem details. Texts are constant; no value is repeated.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": text,
            "help": text,
            "correlation_id": {"type": "string", "format": "uuid"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "description": "A faulty place: a member of the body by JSON Pointer "
                    "(RFC 6901), or a parameter by `in` and `name`.",
                    "required": ["code", "detail"],
                    "properties": {
                        "pointer": {"type": "string", "format": "json-pointer"},
                        "in": {"enum": ["query", "path", "header", "cookie"]},
                        "name": text,
                        "code": text,
                        "detail": text,
                    },
                },
            },
        },
    }
