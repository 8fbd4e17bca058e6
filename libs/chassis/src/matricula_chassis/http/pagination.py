"""Keyset pagination: opaque signed cursors, no offset and no total count.

A cursor holds the sort keys of the last row seen. It is signed, not encrypted: never put a
personal value into it; sort by dates, codes and identifiers.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field

from matricula_chassis.errors import Invalid

_TAG_BYTES: Final = 16
_LIMIT: Final = 512
_CONTEXT: Final = b"matricula.cursor.1\x00"
_INT64: Final = range(-(1 << 63), 1 << 63)

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. `next` is the cursor of the following page, or null on the last one."""

    model_config = ConfigDict(frozen=True)

    items: list[ItemT]
    next: str | None = Field(
        default=None, description="Cursor of the next page; null when this is the last."
    )


def encode_cursor(values: Sequence[str | int], *, key: bytes) -> str:
    """Return an opaque, URL-safe cursor for sort-key values (texts and 64-bit integers)."""
    if any(isinstance(value, int) and value not in _INT64 for value in values):
        raise ValueError("a cursor holds 64-bit integers only")
    payload = orjson.dumps(list(values))
    text = base64.urlsafe_b64encode(_tag(payload, key=key) + payload).rstrip(b"=").decode("ascii")
    if len(text) > _LIMIT:
        raise ValueError("the sort keys are too long for a cursor")
    return text


def cursor_after(
    rows: Sequence[ItemT], limit: int, place: Callable[[ItemT], Sequence[str | int]], *, key: bytes
) -> str | None:
    """Return the cursor behind the first `limit` rows; None when none was found beyond them.

    `place` gives the sort keys of a row.
    """
    return encode_cursor(place(rows[limit - 1]), key=key) if len(rows) > limit else None


def decode_cursor(text: str, *, key: bytes) -> tuple[str | int, ...]:
    """Return the values of a cursor made with the same key; raises Invalid("invalid-cursor")."""
    raw = _decoded(text)
    tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(payload, key=key)):
        raise Invalid("invalid-cursor")
    return tuple(orjson.loads(payload))


def cursor_key(secret: bytes, *, listing: str) -> bytes:
    """Derive the key of one listing, so that a cursor of another list is refused."""
    return hmac.digest(secret, b"matricula.listing\x00" + listing.encode(), hashlib.sha256)


def _decoded(text: str) -> bytes:
    if not text.isascii() or len(text) > _LIMIT:
        raise Invalid("invalid-cursor")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("invalid-cursor") from None
    # One cursor has one spelling: base64 would forgive unused bits in the last character.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        raise Invalid("invalid-cursor")
    return raw


def _tag(payload: bytes, *, key: bytes) -> bytes:
    return hmac.digest(key, _CONTEXT + payload, hashlib.sha256)[:_TAG_BYTES]
