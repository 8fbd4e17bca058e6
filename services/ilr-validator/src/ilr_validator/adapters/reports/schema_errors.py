"""Says in plain words what libxml2 says of a file that has not the structure of the year's ILR.

The text of libxml2 may hold a person's data: it is read here and repeated nowhere.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

RULE: Final = "Schema"
NAMED: Final = re.compile(r"Element '(?:\{([^}]*)\})?([^']+)'(?:, attribute '([^']+)')?")
EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.+?) \)", re.DOTALL)
NAMESPACE: Final = re.compile(r"\{([^}]*)\}")
KIND_OF_VALUE: Final = re.compile(r"type '(?:\{[^}]*\}|xs:)?(\w+)'")
MOST_NAMES: Final = 4
VALUES: Final[Mapping[str, str]] = {
    "int": "a whole number",
    "long": "a whole number",
    "integer": "a whole number",
    "decimal": "a number",
    "date": "a date of the calendar, written as 2025-08-31",
    "datetime": "a date and time, written as 2025-08-31T09:30:00",
    "yearsdate": "a date of the calendar, written as 2025-08-31",
    "yearsdatetime": "a date and time, written as 2025-08-31T09:30:00",
}
NOT_WELL_FORMED: Final = "The file is not well-formed XML here, so it cannot be read."
DEFAULT: Final = "{element} does not have the structure of the year's ILR."
ATTRIBUTE: Final = "{element} has the attribute {attribute}; no element of the ILR has attributes."
HOLDS_TEXT: Final = "{element} holds an element; only a value may stand in it."
BAD_VALUE: Final = "The value of {element} is not {value}."
OUT_OF_RANGE: Final = "The number in {element} is outside the permitted range."
BAD_TAGS: Final = "A start tag and an end tag do not belong together."
BAD_TAG: Final = "A tag is not written as XML asks: a bracket or a name is missing."
BAD_ATTRIBUTE: Final = "An attribute is not written as XML asks."
BAD_ENTITY: Final = "A reference such as &name; is used that is not defined; write & as &amp;."
BAD_ENCODING: Final = "The text is not in the encoding that the file names, or in none known."
TOO_BIG: Final = "Something in the file is nested too deeply or too large to be read safely."
SENTENCES: Final[Mapping[str, str]] = {
    "SCHEMAV_CVC_ELT_1": (
        "The file does not begin with Message in the namespace of the year; it begins with"
        " {element} in the namespace {namespace}."
    ),
    "SCHEMAV_CVC_ELT_3_1": "{element} is marked as nil; leave it out where there is no value.",
    "SCHEMAV_CVC_ELT_4_2": "{element} names a type of its own; take the attribute out.",
    "SCHEMAV_CVC_TYPE_3_1_1": ATTRIBUTE,
    "SCHEMAV_CVC_TYPE_3_1_2": HOLDS_TEXT,
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "{element} must be empty.",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": HOLDS_TEXT,
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "Text stands in {element}, where only elements may stand.",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": ATTRIBUTE,
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": ATTRIBUTE,
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "{element} lacks an attribute that it must have.",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": BAD_VALUE,
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_2": BAD_VALUE,
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": BAD_VALUE,
    "SCHEMAV_CVC_LENGTH_VALID": "The value of {element} has not the length it must have.",
    "SCHEMAV_CVC_MINLENGTH_VALID": "The value of {element} is too short.",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "The value of {element} is too long.",
    "SCHEMAV_CVC_PATTERN_VALID": "The value of {element} has characters or a form not permitted.",
    "SCHEMAV_CVC_ENUMERATION_VALID": "The value of {element} is none of the permitted ones.",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": OUT_OF_RANGE,
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": OUT_OF_RANGE,
    "SCHEMAV_CVC_MINEXCLUSIVE_VALID": OUT_OF_RANGE,
    "SCHEMAV_CVC_MAXEXCLUSIVE_VALID": OUT_OF_RANGE,
    "SCHEMAV_CVC_TOTALDIGITS_VALID": "The number in {element} has too many digits.",
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "The number in {element} has too many decimal places.",
    "ERR_DOCUMENT_EMPTY": "The file is empty, or does not begin as XML.",
    "ERR_DOCUMENT_END": "Something stands behind the end of the record, or the end is missing.",
    "ERR_TAG_NAME_MISMATCH": BAD_TAGS,
    "ERR_TAG_NOT_FINISHED": "The file ends before all its elements are closed.",
    "ERR_GT_REQUIRED": BAD_TAG,
    "ERR_LT_REQUIRED": BAD_TAG,
    "ERR_NAME_REQUIRED": BAD_TAG,
    "ERR_LTSLASH_REQUIRED": BAD_TAG,
    "ERR_SPACE_REQUIRED": BAD_TAG,
    "ERR_ATTRIBUTE_NOT_STARTED": BAD_ATTRIBUTE,
    "ERR_ATTRIBUTE_NOT_FINISHED": BAD_ATTRIBUTE,
    "ERR_ATTRIBUTE_WITHOUT_VALUE": BAD_ATTRIBUTE,
    "ERR_ATTRIBUTE_REDEFINED": BAD_ATTRIBUTE,
    "ERR_LT_IN_ATTRIBUTE": BAD_ATTRIBUTE,
    "ERR_UNDECLARED_ENTITY": BAD_ENTITY,
    "WAR_UNDECLARED_ENTITY": BAD_ENTITY,
    "ERR_ENTITYREF_SEMICOL_MISSING": BAD_ENTITY,
    "ERR_ENTITY_LOOP": TOO_BIG,
    "ERR_RESOURCE_LIMIT": TOO_BIG,
    "ERR_NAME_TOO_LONG": TOO_BIG,
    "ERR_INVALID_CHAR": "A character stands in the file that XML does not permit.",
    "ERR_INVALID_CHARREF": "A character stands in the file that XML does not permit.",
    "ERR_INVALID_ENCODING": BAD_ENCODING,
    "ERR_UNKNOWN_ENCODING": BAD_ENCODING,
    "ERR_UNSUPPORTED_ENCODING": BAD_ENCODING,
    "ERR_RESERVED_XML_NAME": "The XML declaration must be the very first thing in the file.",
    "NS_ERR_UNDEFINED_NAMESPACE": "A name has a prefix for which no namespace is given.",
    "NS_ERR_XML_NAMESPACE": "A namespace is not written as XML asks.",
}


class _Said(NamedTuple):
    """What can be read out of a message of libxml2."""

    namespace: str
    element: str
    attribute: str
    expected: list[str]
    expected_namespace: str
    value: str


def element_in(message: str) -> str | None:
    """Give the element that a message of libxml2 is about; None where it names none."""
    found = NAMED.search(message)
    return found[2] if found else None


def friendly(kind: str, message: str, *, known: Collection[str] = ()) -> str:
    """Say what is wrong, without the offending value.

    `kind` is the `type_name` of an entry in libxml2's error log. `known` are the names of the
    year's elements: with them an unknown element can be told from one in the wrong place.
    """
    said = _said(message)
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        return _content(said, message, known)
    is_reading = kind.startswith(("ERR_", "WAR_", "NS_"))
    sentence = SENTENCES.get(kind, NOT_WELL_FORMED if is_reading else DEFAULT)
    return sentence.format(
        element=said.element or "An element",
        attribute=said.attribute,
        namespace=said.namespace or "(none)",
        value=said.value,
    )


def _content(said: _Said, message: str, known: Collection[str]) -> str:
    names = _either(said.expected)
    if "Missing child" in message:
        wanted = f"; {names} must follow" if names else ""
        return f"{said.element} ends too early{wanted}."
    if said.expected_namespace and said.namespace != said.expected_namespace:
        return f"{said.element} is not in the namespace of the year's ILR."
    hint = f" Here may stand {names}." if names else " Nothing more may stand here."
    if known and said.element not in known:
        return f"{said.element} is no element of the year's ILR.{hint}"
    return f"{said.element} stands in the wrong place or once too often.{hint}"


def _either(names: list[str]) -> str:
    shown = names[:MOST_NAMES]
    if len(names) > MOST_NAMES:
        return f"{', '.join(shown)} or another element that follows in order"
    return " or ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _said(message: str) -> _Said:
    found = NAMED.search(message)
    namespace, element, attribute = found.groups() if found else ("", "", "")
    expected = EXPECTED.search(message)
    names = [one.strip() for one in expected[1].split(",")] if expected else []
    spaces = NAMESPACE.match(names[0]) if names else None
    kinds = KIND_OF_VALUE.findall(message)
    return _Said(
        namespace=namespace or "",
        element=element,
        attribute=NAMESPACE.sub("", attribute or ""),
        expected=[NAMESPACE.sub("", one) for one in names],
        expected_namespace=spaces[1] if spaces else "",
        value=VALUES.get(kinds[-1].lower() if kinds else "", "of the kind that it must be"),
    )
