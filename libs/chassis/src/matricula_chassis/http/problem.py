"""Problem details (RFC 9457) from a catalogue: every text is constant and known beforehand.

A problem names what is wrong and where, with JSON Pointers. It never repeats what was sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.responses import Response

from matricula_chassis.errors import DomainError, FieldFault, JsonScalar

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/problems/"

CHASSIS_PROBLEMS: Final = frozenset(
    {
        "bad-request",
        "conflict",
        "forbidden",
        "idempotency-key-required",
        "internal-error",
        "invalid-cursor",
        "malformed-json",
        "method-not-allowed",
        "not-found",
        "payload-too-large",
        "precondition-failed",
        "precondition-required",
        "rate-limited",
        "request-timeout",
        "unauthenticated",
        "unavailable",
        "unsupported-media-type",
        "validation-failed",
    }
)
"""Slugs that the chassis itself answers with: every catalogue must define them."""

_BY_STATUS: Final = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    409: "conflict",
    412: "precondition-failed",
    413: "payload-too-large",
    415: "unsupported-media-type",
    422: "validation-failed",
    428: "precondition-required",
    429: "rate-limited",
    500: "internal-error",
    503: "unavailable",
}
_CLIENT_ERROR: Final = range(400, 500)
_ERROR: Final = range(400, 600)
_RETRY_SECONDS: Final = 5


class BadCatalogue(Exception):  # noqa: N818 - named as the fact it states
    """The catalogue cannot be used; `entries` names what is missing or malformed."""

    def __init__(self, entries: Iterable[str]) -> None:
        super().__init__("the problem catalogue is not usable")
        self.entries = tuple(sorted(entries))


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One entry of the catalogue. All texts are constant."""

    slug: str
    status: int
    title: str
    detail: str
    help: str

    @property
    def type(self) -> str:
        """Return the problem type, a URI reference below the service's own origin."""
        return TYPE_PREFIX + self.slug


@dataclass(frozen=True, slots=True)
class ParameterFault:
    """A faulty query, path, header or cookie parameter: its declared name, never its value."""

    place: str
    name: str
    code: str
    message: str


class ParameterFaults(DomainError):  # noqa: N818 - named as the fact it states
    """Parameters of the request line or the headers are wrong; `parameters` names them."""

    def __init__(self, problem: str, parameters: Sequence[ParameterFault]) -> None:
        super().__init__(problem, parameters=len(parameters))
        self.parameters = tuple(parameters)


class ProblemCatalogue:
    """Every problem that a service may answer, by slug; immutable."""

    def __init__(self, kinds: Iterable[ProblemKind]) -> None:
        self._kinds = {kind.slug: kind for kind in kinds}
        missing = CHASSIS_PROBLEMS - self._kinds.keys()
        if missing:
            raise BadCatalogue(missing)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ProblemCatalogue":
        """Read `{problems: {slug: {status, title, detail, help}}}` or the inner mapping.

        Raises BadCatalogue naming what is malformed, or which of CHASSIS_PROBLEMS is missing.
        """
        entries = document.get("problems", document)
        faulty = [slug for slug, entry in entries.items() if not _is_entry(entry)]
        if faulty:
            raise BadCatalogue(faulty)
        return cls(
            ProblemKind(
                slug=slug,
                status=entry["status"],
                title=entry["title"],
                detail=entry["detail"],
                help=entry.get("help", ""),
            )
            for slug, entry in entries.items()
        )

    def __contains__(self, slug: object) -> bool:
        return slug in self._kinds

    def kind(self, slug: str, *, default_status: int = 500) -> ProblemKind:
        """Return an entry; for an unlisted slug the general entry of `default_status`."""
        found = self._kinds.get(slug)
        return found if found is not None else self.kind_of_status(default_status)

    def kind_of_status(self, status: int) -> ProblemKind:
        """Return the general entry for an HTTP status."""
        slug = _BY_STATUS.get(status)
        if slug is None:
            slug = "bad-request" if status in _CLIENT_ERROR else "internal-error"
        return self._kinds[slug]


def problem_document(
    kind: ProblemKind,
    *,
    correlation_id: str | None,
    faults: Sequence[FieldFault | ParameterFault] = (),
) -> dict[str, Any]:
    """Return the members of a problem: catalogue texts, the correlation id, the faulty places."""
    document: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
    }
    if kind.help:
        document["help"] = kind.help
    if correlation_id is not None:
        document["correlation_id"] = correlation_id
    if faults:
        document["errors"] = [_fault_document(fault) for fault in faults]
    return document


def problem_response(
    kind: ProblemKind,
    *,
    correlation_id: str | None,
    faults: Sequence[FieldFault | ParameterFault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the problem as a response."""
    body = problem_document(kind, correlation_id=correlation_id, faults=faults)
    return Response(
        orjson.dumps(body),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **headers_of(kind), **(headers or {})},
    )


def response_to(
    error: DomainError, catalogue: ProblemCatalogue, *, correlation_id: str | None
) -> Response:
    """Return the response to a domain error; its context is for the log and is not shown.

    An error of an adapter may carry `headers` (a challenge, a rate limit); they are added.
    """
    kind = catalogue.kind(error.problem, default_status=error.default_status)
    return problem_response(
        kind,
        correlation_id=correlation_id,
        faults=error.parameters if isinstance(error, ParameterFaults) else error.faults,
        headers={**_retry_header(error.context), **getattr(error, "headers", {})},
    )


def headers_of(kind: ProblemKind) -> dict[str, str]:
    """Return the headers that belong to a status: RFC 6750 section 3 and RFC 9110 10.2.3."""
    match kind.status:
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 503:
            return {"Retry-After": str(_RETRY_SECONDS)}
        case _:
            return {}


def _retry_header(context: Mapping[str, JsonScalar]) -> dict[str, str]:
    seconds = context.get("retry_after")
    return {"Retry-After": str(seconds)} if isinstance(seconds, int) else {}


def _fault_document(fault: FieldFault | ParameterFault) -> dict[str, str]:
    if isinstance(fault, FieldFault):
        return {"pointer": fault.pointer, "code": fault.code, "detail": fault.message}
    return {
        "in": fault.place,
        "name": fault.name,
        "code": fault.code,
        "detail": fault.message,
    }


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get("status"), int)
        and entry["status"] in _ERROR
        and all(isinstance(entry.get(text), str) and entry[text] for text in ("title", "detail"))
    )
