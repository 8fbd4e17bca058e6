"""Turns pydantic's validation errors into faulty places, without the input and its echoes.

Only messages that pydantic builds from the schema are passed on; any other becomes a constant.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from matricula_chassis.errors import FieldFault
from matricula_chassis.http.problem import ParameterFault

_LIMIT: Final = 100
_SAFE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_PARAMETER_PLACES: Final = frozenset({"query", "path", "header", "cookie"})
_FROM_SCHEMA: Final = frozenset(
    {
        "bool_parsing", "bool_type", "bytes_type", "date_type", "datetime_type",
        "decimal_max_digits", "decimal_max_places", "decimal_type", "decimal_whole_digits",
        "dict_type", "enum", "finite_number", "float_parsing", "float_type", "frozen_field",
        "greater_than", "greater_than_equal", "int_from_float", "int_parsing",
        "int_parsing_size", "int_type", "less_than", "less_than_equal", "list_type",
        "literal_error", "missing", "model_attributes_type", "model_type", "multiple_of",
        "none_required", "string_pattern_mismatch", "string_too_long", "string_too_short",
        "string_type", "time_type", "timezone_aware", "timezone_naive", "too_long", "too_short",
        "tuple_type", "url_type", "uuid_type",
    }
)  # fmt: skip
"""Error types whose message holds the schema's terms and nothing of the input."""
_CONSTANT: Final = {
    "date_from_datetime_inexact": "A date has no time of day.",
    "date_from_datetime_parsing": "This is not a calendar date in the form YYYY-MM-DD.",
    "date_parsing": "This is not a calendar date in the form YYYY-MM-DD.",
    "datetime_from_date_parsing": "This is not a date and time in ISO 8601.",
    "datetime_parsing": "This is not a date and time in ISO 8601.",
    "decimal_parsing": "This is not a decimal number.",
    "extra_forbidden": "The object has a member that is not known here.",
    "time_parsing": "This is not a time of day.",
    "uuid_parsing": "This is not a UUID.",
    "url_parsing": "This is not a URL.",
}
_OTHERWISE: Final = "The value is not valid."


def faults_of(
    errors: Sequence[Mapping[str, Any]],
    *,
    body: object = None,
    known_names: frozenset[str] = frozenset(),
) -> list[FieldFault | ParameterFault]:
    """Return one fault for each pydantic error, the first hundred of them.

    `body` is what was parsed, to tell its members from the tags that pydantic puts into a place.
    `known_names` are the member names of the service's schemas: only these are repeated.
    """
    return [_fault_of(error, body, known_names) for error in errors[:_LIMIT]]


def json_pointer(parts: Sequence[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a place in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _fault_of(
    error: Mapping[str, Any], body: object, known_names: frozenset[str]
) -> FieldFault | ParameterFault:
    place, *path = error["loc"] or ("body",)
    kind = str(error["type"])
    message = _message(kind, str(error["msg"]))
    code = kind.replace("_", "-")
    if place in _PARAMETER_PLACES:
        name = str(path[0]) if path else ""
        declared = name if _SAFE_NAME.fullmatch(name) and kind != "extra_forbidden" else ""
        return ParameterFault(place=str(place), name=declared, code=code, message=message)
    if kind == "extra_forbidden" and path:
        nearest = get_close_matches(str(path.pop()), known_names, n=1, cutoff=0.75)
        message += f" The nearest known name is {nearest[0]}." if nearest else ""
    absent = path.pop() if kind == "missing" and path else None
    shown = _members(path, body, known_names)
    if absent in known_names:
        shown = (*shown, str(absent))
    return FieldFault(json_pointer(shown), code, message)


def _members(
    path: Sequence[str | int], body: object, known_names: frozenset[str]
) -> tuple[str | int, ...]:
    shown: list[str | int] = []
    node = body
    for part in path:
        if isinstance(node, Mapping) and part in node:
            if part not in known_names:
                break  # the sender chose this key of a free-form object: it may be anything
            node = node[part]
        elif isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
            node = node[part]
        else:
            continue  # the name of a union's branch, which is no place in the document
        shown.append(part)
    return tuple(shown)


def _message(kind: str, message: str) -> str:
    if kind in _FROM_SCHEMA:
        return message if message.endswith(".") else message + "."
    return _CONSTANT.get(kind, _OTHERWISE)
