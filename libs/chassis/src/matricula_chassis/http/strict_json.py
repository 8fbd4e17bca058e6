"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it, and nothing looser.

Refused: duplicate members, NaN and Infinity, numbers out of range, NUL and lone surrogates in
texts, nesting beyond a limit, anything but UTF-8. Errors never quote what was sent.
"""

import json
from collections.abc import Callable
from typing import Any, Final, NoReturn

from matricula_chassis.errors import FieldFault, Invalid

MAX_DEPTH: Final = 64
_DIGITS: Final = 19
_INT64: Final = range(-(1 << 63), 1 << 63)
_INFINITIES: Final = (float("inf"), float("-inf"))


def parse_strictly(body: bytes) -> Any:
    """Return the parsed value; raises Invalid("malformed-json") with a code that says why."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _refusal("not-utf-8", "The body is not valid UTF-8.") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError:
        raise _refusal("syntax", "The body is not well-formed JSON.") from None
    _check(value, needs_texts="\\u" in text)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _refusal("duplicate-member", "An object has two members of the same name.")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS + 1 or (number := int(digits)) not in _INT64:
        raise _refusal("number-out-of-range", "A whole number does not fit into 64 bits.")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if number in _INFINITIES:
        raise _refusal("number-out-of-range", "A number is too large.")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise _refusal("not-a-number", "NaN and Infinity are not JSON.")


def _check(value: object, *, needs_texts: bool) -> None:
    # Without an escape a text cannot hold NUL (a syntax error) or a lone surrogate (not UTF-8).
    check_text: Callable[[str], None] = _check_text if needs_texts else _no_check
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for node in level:
            if isinstance(node, str):
                check_text(node)
            elif isinstance(node, dict):
                for name in node:
                    check_text(name)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        if not below:
            return
        level = below
    raise _too_deep()


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise _refusal("nul-character", "A text holds a NUL character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refusal("lone-surrogate", "A text holds half of a surrogate pair.") from None


def _no_check(_text: str) -> None:
    return


def _too_deep() -> Invalid:
    return _refusal("too-deep", f"The body nests deeper than {MAX_DEPTH} levels.")


def _refusal(code: str, message: str) -> Invalid:
    return Invalid("malformed-json", faults=[FieldFault("", code, message)])
