"""Chooses which header fields pass the gateway, in each direction.

Requests by allow list, so that no field that names an identity or a route can slip through;
responses by deny list. Must not know values beyond their names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from matricula_gateway.domain.framing import Headers

REQUEST_FIELDS: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"cache-control",
        b"content-digest",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"last-event-id",
        b"prefer",
        b"range",
        b"repr-digest",
        b"traceparent",
        b"tracestate",
        b"tus-resumable",
        b"upload-checksum",
        b"upload-complete",
        b"upload-defer-length",
        b"upload-draft-interop-version",
        b"upload-length",
        b"upload-metadata",
        b"upload-offset",
        b"want-content-digest",
        b"want-repr-digest",
    }
)
"""End-to-end request fields that services understand. Everything else stops at the gateway."""

SINGLE_FIELDS: Final = frozenset(
    {
        b"authorization",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"purpose-of-use",
        b"traceparent",
        b"upload-complete",
        b"upload-length",
        b"upload-offset",
        b"x-correlation-id",
    }
)
"""Fields whose repetition has no meaning that two programs would agree on."""

_RESPONSE_HOP_FIELDS: Final = frozenset(
    {
        b"connection",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"server",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-correlation-id",
    }
)


class FieldRepeated(ValueError):  # noqa: N818 - named as the fact it states
    """A field that may occur once occurs twice; `name` is the field."""

    def __init__(self, name: str) -> None:
        super().__init__("header field repeated")
        self.name = name


@dataclass(frozen=True, slots=True)
class Intake:
    """What the gateway takes from the head of a request.

    `lines` are the fields that go on, as they stand in a head; the others are for the decision.
    """

    lines: bytes
    authorization: bytes | None
    purpose: bytes | None
    correlation: bytes | None
    traceparent: bytes | None


_CORRELATION: Final = re.compile(
    rb"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
)
_TRACEPARENT: Final = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def take_in(headers: Headers, *, passing: frozenset[bytes], named: frozenset[bytes]) -> Intake:
    """Sort the fields of a request head; `named` are those that Connection ended at this hop.

    Raises FieldRepeated. A correlation id that is no UUID and a malformed traceparent are dropped.
    """
    parts: list[bytes] = []
    single: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in SINGLE_FIELDS:
            if name in single:
                raise FieldRepeated(name.decode("ascii"))
            single[name] = value
        if name in passing and name not in named:
            parts += (name, b": ", value, b"\r\n")
    correlation = single.get(b"x-correlation-id")
    traceparent = single.get(b"traceparent")
    return Intake(
        lines=b"".join(parts),
        authorization=single.get(b"authorization"),
        purpose=single.get(b"purpose-of-use"),
        correlation=correlation
        if correlation is not None and _CORRELATION.fullmatch(correlation)
        else None,
        traceparent=traceparent
        if traceparent is not None and _TRACEPARENT.fullmatch(traceparent)
        else None,
    )


def response_fields(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the fields of a service's response that go on to the client, names in lower case."""
    dropped = _RESPONSE_HOP_FIELDS
    for name, value in headers:
        if name == b"connection":
            dropped = dropped | _tokens(value)
    return [pair for pair in headers if pair[0] not in dropped]


def _tokens(value: bytes) -> frozenset[bytes]:
    return frozenset(token.strip(b" \t").lower() for token in value.split(b","))


def extended(extra: Iterable[str]) -> frozenset[bytes]:
    """Return the request fields with those that a deployment adds by setting.

    Raises ValueError for a field that carries identity, framing or routing.
    """
    added = frozenset(name.strip().lower().encode("ascii") for name in extra)
    for name in added:
        if name in _NEVER or name.startswith((b"x-forwarded-", b"proxy-", b"x-matricula-")):
            raise ValueError("this field never passes the gateway")
    return REQUEST_FIELDS | added


_NEVER: Final = frozenset(
    {
        b"authorization",
        b"connection",
        b"content-length",
        b"cookie",
        b"expect",
        b"forwarded",
        b"host",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"",
    }
)
