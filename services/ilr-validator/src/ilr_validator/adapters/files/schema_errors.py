"""What the XML parser and the loose schema object to, in plain English, without the values."""

import re
from typing import Any, Final

from ilr_validator.adapters.files.refusals import Refusal

REPORTED: Final = 100
"""Errors that are reported at most; a broken export repeats one mistake."""
MESSAGES: Final = {
    "SCHEMAV_ELEMENT_CONTENT": (
        "The element is unknown, out of order or repeated, or one before it is missing."
    ),
    "SCHEMAV_CVC_COMPLEX_TYPE_3": "The element must have no attributes.",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "Text stands where only elements may stand.",
    "SCHEMAV_CVC_DATATYPE": "The value is not of the field's kind.",
    "SCHEMAV_CVC_FACET": "The value is not of the field's kind.",
    "SCHEMAV_CVC_ELT": "The element is not allowed here.",
}


def syntax_refusal(error: Exception, lines_before: int = 0) -> Refusal:
    """Say where the XML is malformed. The parser's own words may quote the file: not repeated."""
    line = (getattr(error, "lineno", None) or 0) + lines_before
    return Refusal("Schema", "The XML is malformed.", line=line if line > 0 else None)


def schema_refusals(log: Any, lines_before: int = 0) -> list[Refusal]:
    """Say what breaks the loose schema, by line and field; the values are left out."""
    return [
        Refusal(
            "Schema",
            _schema_message(entry.type_name),
            line=entry.line + lines_before,
            field=_field_of(entry.message),
        )
        for entry in list(log)[:REPORTED]
    ] or [Refusal("Schema", "The file breaks the schema.")]


def _field_of(message: str) -> str | None:
    found = re.match(r"Element '(?:\{[^}]*\})?([^']+)'", message)
    return found[1] if found else None


def _schema_message(kind: str) -> str:
    for part, message in MESSAGES.items():
        if part in kind:
            return message
    return "The element breaks the schema."
