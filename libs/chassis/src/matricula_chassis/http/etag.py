"""Entity tags: the version of an aggregate, and the precondition of every change.

Only strong tags that this module wrote are understood (RFC 9110 sections 8.8.3 and 13.1.1).
"""

import re
from typing import Annotated, Final

from fastapi import Header, Request

from matricula_chassis.errors import PreconditionFailed
from matricula_chassis.http.problem import ParameterFault, ParameterFaults

_TAG: Final = re.compile(r'"v([1-9][0-9]{0,17})"')
_ANY: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_ENTITY_TAGS: Final = re.compile(rf"{_ANY}(?:[ \t]*,[ \t]*{_ANY})*")
_NO_TAG: Final = ParameterFault(
    place="header",
    name="If-Match",
    code="malformed",
    message="This is not an entity tag; send the ETag of the answer as it was, with its quotes.",
)


def etag_of(version: int) -> str:
    """Return the entity tag of an aggregate's version (1, 2, …)."""
    if version < 1:
        raise ValueError("versions start at 1")
    return f'"v{version}"'


def require_if_match(request: Request) -> int:
    """Return the version that the caller bases a change on.

    Raises PreconditionFailed("precondition-required"), status 428, when If-Match is absent or
    `*`; PreconditionFailed("precondition-failed"), 412, when it can match no version; and a 400
    problem when it is no entity tag at all.
    """
    header = request.headers.get("if-match", "*").strip()
    if header == "*":
        # `*` would say "whatever it is now", the lost update that the rule is there to stop.
        raise PreconditionFailed("precondition-required")
    if _ENTITY_TAGS.fullmatch(header) is None:
        raise ParameterFaults("bad-request", [_NO_TAG])
    match = _TAG.fullmatch(header)
    if match is None:
        raise PreconditionFailed("precondition-failed")
    return int(match[1])


def if_match(
    request: Request,
    header: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag that the change is based on.",
            json_schema_extra={"x-required": True, "pattern": '^"v[1-9][0-9]{0,17}"$'},
        ),
    ] = None,
) -> int:
    """Return the expected version; as a dependency it also documents the header."""
    del header
    return require_if_match(request)


def require_version(expected: int, *, actual: int) -> None:
    """Raise PreconditionFailed("precondition-failed"), 412, when the versions differ."""
    if expected != actual:
        raise PreconditionFailed("precondition-failed", expected=expected, actual=actual)
