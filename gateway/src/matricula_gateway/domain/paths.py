"""Normalises a request target once; what comes out is what is routed and what is forwarded.

Refuses instead of repairing: a path that two programs might read differently is no path. Must not
know routes or requests.
"""

import re
from typing import Final

MAX_PATH_BYTES: Final = 2_048
MAX_QUERY_BYTES: Final = 4_096

_SEGMENT: Final = rb"[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*"
_PLAIN: Final = re.compile(rb"/|(?:/" + _SEGMENT + rb")+/?")
_PATH: Final = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]|-]|%[0-9A-Fa-f]{2})*")
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")
_AMBIGUOUS: Final = frozenset(b"/\\.;%#?") | frozenset(range(0x20)) | {0x7F}
_DOTS: Final = frozenset({b".", b".."})


class PathRefused(ValueError):  # noqa: N818 - named as the fact it states
    """The target is not one that every program reads alike; `reason` says which rule it broke."""

    def __init__(self, reason: str) -> None:
        super().__init__("request target refused")
        self.reason = reason


def normalise_path(raw: bytes) -> bytes:
    r"""Return the one spelling of an origin-form path (RFC 3986 section 6.2.2).

    Escapes of unreserved characters are decoded, the others spelled in upper case. Refused:
    anything but origin form, empty and dot segments, `;`, `\`, escapes of delimiters, dots,
    controls and `%`, and escapes that are not UTF-8.
    """
    if len(raw) > MAX_PATH_BYTES:
        raise PathRefused("path_too_long")
    if _PLAIN.fullmatch(raw) is not None:
        return raw
    if not raw.startswith(b"/"):
        raise PathRefused("not_origin_form")
    if _PATH.fullmatch(raw) is None:
        raise PathRefused("path_character")
    if b"//" in raw:
        raise PathRefused("empty_segment")
    path = _ESCAPE.sub(_respell, raw)
    if not _DOTS.isdisjoint(path.split(b"/")):
        raise PathRefused("dot_segment")
    _require_utf8(path, "path_not_utf8")
    return path


def check_query(raw: bytes) -> bytes:
    """Return the query as it was sent when it is printable ASCII with whole escapes."""
    if len(raw) > MAX_QUERY_BYTES:
        raise PathRefused("query_too_long")
    if _QUERY.fullmatch(raw) is None or b"%00" in raw:
        raise PathRefused("query_character")
    return raw


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """Split an origin-form target into normalised path and checked query.

    A fragment never belongs in a request (RFC 9112 section 3.2) and is refused with the rest.
    """
    path, mark, query = target.partition(b"?")
    return normalise_path(path), check_query(query) if mark else b""


def _respell(match: re.Match[bytes]) -> bytes:
    value = int(match[1], 16)
    if value in _AMBIGUOUS:
        raise PathRefused("ambiguous_escape")
    if value in _UNRESERVED:
        return bytes((value,))
    return b"%%%02X" % value


def _require_utf8(path: bytes, reason: str) -> None:
    octets = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), path)
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        raise PathRefused(reason) from None
