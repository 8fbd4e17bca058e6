"""The roots of the errors that a use case may raise; adapters turn them into problems.

An error names a problem of the catalogue, the faulty places and context fields. It never carries
the offending value, and its text is constant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

JsonScalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty place: a JSON Pointer (RFC 6901) into the body, a code and a plain message."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """Something the caller can understand and act on.

    `problem` is a slug of the problem catalogue. `context` is for logs: codes, counts and
    identifiers, never personal data. `default_status` serves when the catalogue lacks the slug.
    """

    default_status: ClassVar[int] = 400

    def __init__(
        self, problem: str, *, faults: Sequence[FieldFault] = (), **context: JsonScalar
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.faults = tuple(faults)
        self.context: Mapping[str, JsonScalar] = context


class Unauthenticated(DomainError):  # noqa: N818 - named as the fact it states
    """Nobody, or nobody that can be believed, is asking."""

    default_status = 401


class Forbidden(DomainError):  # noqa: N818 - named as the fact it states
    """The caller is known and may not do this."""

    default_status = 403


class NotFound(DomainError):  # noqa: N818 - named as the fact it states
    """The thing does not exist, or the caller may not know that it does."""

    default_status = 404


class Conflict(DomainError):  # noqa: N818 - named as the fact it states
    """The request does not fit the present state."""

    default_status = 409


class PreconditionFailed(DomainError):  # noqa: N818 - named as the fact it states
    """The version that the caller expected is no longer the present one."""

    default_status = 412


class Invalid(DomainError):  # noqa: N818 - named as the fact it states
    """The request is understood and its content is wrong."""

    default_status = 422


class Unavailable(DomainError):  # noqa: N818 - named as the fact it states
    """Something that is needed does not answer; the same request may succeed later."""

    default_status = 503
