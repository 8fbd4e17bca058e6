"""Makes refusals of what the XML parser and the loose schema object to; no value is repeated."""

from collections.abc import Collection
from typing import Any, Final

from lxml import etree

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.xml_parser import parser
from ilr_validator.adapters.reports import SCHEMA, element_in, friendly

REPORTED: Final = 100
"""Errors that are reported at most; a broken export repeats one mistake."""
EMPTY: Final = "The file is empty."
SYNTAX: Final = ("ERR_", "NS_ERR_")


def parsed(xml: bytes, lines_before: int = 0) -> Any:
    """Parse XML; raises FileRefusedError, with the line of the file, where it is malformed."""
    if not xml.strip():
        raise FileRefusedError(Refusal(SCHEMA, EMPTY))
    reader = parser()
    try:
        return etree.fromstring(xml, reader)
    except etree.XMLSyntaxError:
        raise FileRefusedError(syntax_refusal(reader.error_log, lines_before)) from None


def syntax_refusal(log: Any, lines_before: int = 0) -> Refusal:
    """Say where the XML is malformed, by the parser's own log."""
    for entry in log:
        if entry.type_name.startswith(SYNTAX):
            return Refusal(
                SCHEMA,
                friendly(entry.type_name, entry.message),
                line=entry.line + lines_before or None,
            )
    return Refusal(SCHEMA, EMPTY)  # the parser says nothing of a file without anything


def schema_refusals(log: Any, known: Collection[str], lines_before: int = 0) -> list[Refusal]:
    """Say what breaks the loose schema, by line and field; `known` are the year's elements."""
    return [
        Refusal(
            SCHEMA,
            friendly(entry.type_name, entry.message, known=known),
            line=entry.line + lines_before,
            field=element_in(entry.message),
        )
        for entry in list(log)[:REPORTED]
    ] or [Refusal(SCHEMA, friendly("", ""))]


def element_refusal(
    kind: str, element: str, *, attribute: str = "", line: int | None = None
) -> Refusal:
    """Say of an element what the schema would say of it; `kind` is a kind of libxml2's log."""
    said = f"Element '{element}', attribute '{attribute}'" if attribute else f"Element '{element}'"
    return Refusal(SCHEMA, friendly(kind, said), line=line, field=element)
