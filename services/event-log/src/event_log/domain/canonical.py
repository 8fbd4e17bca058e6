"""Canonical bytes of an event (RFC 8785): sorted keys, no spaces, UTF-8, integers only.

The bytes are the leaf of the log; whatever could be spelled in two ways is refused.
"""

import json

LARGEST_INTEGER = 2**53 - 1  # RFC 7493 section 2.2: what every JSON reader keeps exactly
_DEEPEST = 64


class NotCanonicalError(ValueError):
    """The value has no single canonical spelling; `reason` says which rule it breaks."""

    def __init__(self, reason: str) -> None:
        super().__init__("value has no canonical form")
        self.reason = reason


def check_canonical(value: object, depth: int = 0) -> None:
    """Refuse floats, large integers, keys that are not text and very deep nesting."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:  # type: ignore[operator]
            raise NotCanonicalError("integer too large")
    elif depth > _DEEPEST:
        raise NotCanonicalError("nested too deeply")
    elif kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise NotCanonicalError("key is not text")
            check_canonical(item, depth + 1)
    elif kind is list:
        for item in value:  # type: ignore[attr-defined]
            check_canonical(item, depth + 1)
    else:
        raise NotCanonicalError("float" if kind is float else "not a JSON type")


def canonical_bytes(value: object) -> bytes:
    """Canonical spelling of a JSON value; NotCanonicalError where it has none."""
    check_canonical(value)
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotCanonicalError("text is not valid Unicode") from None


def _ordered(value: object) -> object:
    """Sort keys by UTF-16 code units, as RFC 8785 section 3.2.3 asks."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value
