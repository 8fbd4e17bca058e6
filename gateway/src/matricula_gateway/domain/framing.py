"""Judges the head of a request before anybody acts on it: framing, host, version, size.

llhttp has parsed it strictly; these rules close what a strict parser may still allow and another
program might read differently. Must not know routes, tokens or sockets.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]

MAX_TARGET_BYTES: Final = 6_200
MAX_HEADERS: Final = 64
MAX_HEADER_BYTES: Final = 8_400
"""One field line: a token of 8 KiB with its name and scheme, and little more."""
MAX_HEAD_BYTES: Final = 16_384

_HOST: Final = re.compile(
    rb"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?"
)
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")
_HOP: Final = frozenset({b"close", b"keep-alive", b"te"})
_UNTOUCHABLE: Final = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"purpose-of-use",
        b"transfer-encoding",
        b"upload-complete",
        b"upload-offset",
        b"x-correlation-id",
    }
)
"""Fields that Connection must not name: without them the request would mean something else."""


class HeadRefused(ValueError):  # noqa: N818 - named as the fact it states
    """The head is refused; `status` and `reason` say how and by which rule."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__("request head refused")
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Framing:
    """How the body is delimited, and which fields end at this hop.

    `length` is None for a chunked body and 0 for none.
    """

    length: int | None
    expects_continue: bool
    connection: frozenset[bytes]


_NO_TOKENS: Final[frozenset[bytes]] = frozenset()
_NO_BODY: Final = Framing(length=0, expects_continue=False, connection=_NO_TOKENS)
_FRAMING_FIELDS: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade"}
)


_REPEATED: Final = {
    name: "repeated_" + name.decode("ascii").replace("-", "_") for name in _FRAMING_FIELDS
}


def judge_head(version: str, headers: Headers) -> Framing:
    """Return the framing of a request head; raises HeadRefused. Names are in lower case."""
    if version != "1.1":
        raise HeadRefused(505, "http_version")
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _FRAMING_FIELDS:
            if name in found:
                raise HeadRefused(400, _REPEATED[name])
            found[name] = value
    host = found.pop(b"host", None)
    if host is None or _HOST.fullmatch(host.rstrip(b" \t")) is None:
        raise HeadRefused(400, "host")
    if not found:
        return _NO_BODY
    if b"upgrade" in found:
        raise HeadRefused(400, "upgrade")
    return Framing(
        length=_length(found),
        expects_continue=_expects_continue(found),
        connection=_connection(found),
    )


def _length(found: dict[bytes, bytes]) -> int | None:
    encoding = found.get(b"transfer-encoding")
    length = found.get(b"content-length")
    if encoding is not None:
        if length is not None:
            raise HeadRefused(400, "two_framings")
        if encoding.rstrip(b" \t").lower() != b"chunked":
            raise HeadRefused(501, "transfer_encoding")
        return None
    if length is None:
        return 0
    digits = length.rstrip(b" \t")
    if _LENGTH.fullmatch(digits) is None:
        raise HeadRefused(400, "content_length")
    return int(digits)


def _expects_continue(found: dict[bytes, bytes]) -> bool:
    expectation = found.get(b"expect")
    if expectation is None:
        return False
    if expectation.rstrip(b" \t").lower() != b"100-continue":
        raise HeadRefused(417, "expectation")
    return True


def _connection(found: dict[bytes, bytes]) -> frozenset[bytes]:
    value = found.get(b"connection")
    if value is None:
        return _NO_TOKENS
    named = frozenset(token.strip(b" \t").lower() for token in value.split(b",")) - _HOP - {b""}
    if b"upgrade" in named:
        raise HeadRefused(400, "upgrade")
    if not named.isdisjoint(_UNTOUCHABLE):
        raise HeadRefused(400, "connection_names_end_to_end_field")
    return named
