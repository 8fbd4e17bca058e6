"""Readers for single values: text or JSON in, the typed value of one catalogue field out.

The lexical forms and facets are those of XML Schema part 2. A reader knows one field and nothing of
the record around it; it never puts the value that it refuses into a message.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from matricula_contracts import fields

Value = int | str
FromText = Callable[[str], Value | None]
FromJson = Callable[[object], Value]

XML_SPACE: Final = " \t\r\n"
_XS_INT: Final = (-(2**31), 2**31 - 1)
_XS_LONG: Final = (-(2**63), 2**63 - 1)
_LONGEST_NUMBER: Final = 40
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})" + _ZONE)
_DATE_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T"
    r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)" + _ZONE
)
_ISO_LENGTH: Final = 10
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TENTH: Final = Decimal("0.1")


class Misread(Exception):  # noqa: N818 - names the fact: a value is not one of its field
    """A value is not one of its field: a code for programs and a message without the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class ValueReader:
    """The two ways to read a field: `from_text` (None = empty, so absent) and `from_json`."""

    from_text: FromText
    from_json: FromJson


def reader_for(field: fields.Field) -> ValueReader:
    """Compile the reader of one catalogue field."""
    match field.type:
        case "int" | "long":
            return _integer_reader(field)
        case "decimal":
            return _decimal_reader(field)
        case "date":
            return _date_reader(field)
        case "dateTime":
            return _date_time_reader(field)
        case "string":
            return _text_reader(field)


def _integer_bounds(field: fields.Field) -> tuple[int, int]:
    low, high = _XS_INT if field.type == "int" else _XS_LONG
    if field.total_digits is not None:
        widest = 10**field.total_digits - 1
        low, high = max(low, -widest), min(high, widest)
    if field.min_inclusive is not None:
        low = max(low, int(field.min_inclusive))
    if field.max_inclusive is not None:
        high = min(high, int(field.max_inclusive))
    return low, high


def _integer_reader(field: fields.Field) -> ValueReader:
    low, high = _integer_bounds(field)
    not_integer = ("not-an-integer", f"{field.name} must be a whole number.")
    if field.total_digits is not None and field.min_inclusive is None:
        range_text = f"{field.name} may have at most {field.total_digits} digits."
    else:
        range_text = f"{field.name} must be a whole number from {low} to {high}."
    out_of_range = ("out-of-range", range_text)

    def from_text(text: str) -> int | None:
        body = text.strip(XML_SPACE)
        if not body:
            return None
        if _INTEGER.fullmatch(body) is None:
            raise Misread(*not_integer)
        value = int(_without_padding(body))
        if low <= value <= high:
            return value
        raise Misread(*out_of_range)

    def from_json(value: object) -> int:
        if type(value) is not int:
            raise Misread(*not_integer)
        if low <= value <= high:
            return value
        raise Misread(*out_of_range)

    return ValueReader(from_text, from_json)


def _without_padding(digits: str) -> str:
    """Return a long number without its leading zeros, cut where it is out of any range anyway."""
    if len(digits) <= _LONGEST_NUMBER:
        return digits
    sign = "-" if digits[0] == "-" else ""
    return sign + (digits.lstrip("+-").lstrip("0")[:_LONGEST_NUMBER] or "0")


def _decimal_reader(field: fields.Field) -> ValueReader:
    low, high = Decimal(field.min_inclusive or 0), Decimal(field.max_inclusive or 0)
    wrong = (
        "not-a-decimal",
        f"{field.name} must be a number from {low} to {high} with at most one decimal place.",
    )
    out_of_range = ("out-of-range", wrong[1])

    def from_text(text: str) -> str | None:
        body = text.strip(XML_SPACE)
        if not body:
            return None
        if _DECIMAL.fullmatch(body) is None or len(body) > _LONGEST_NUMBER:
            raise Misread(*wrong)
        value = Decimal(body)
        tenths = value.quantize(_TENTH)
        if tenths != value:
            raise Misread(*wrong)
        if low <= value <= high:
            return str(tenths)
        raise Misread(*out_of_range)

    def from_json(value: object) -> str:
        if type(value) not in (str, int, float, Decimal):
            raise Misread(*wrong)
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        if not text or text[-1] in XML_SPACE or text[0] in XML_SPACE:
            raise Misread(*wrong)
        canonical = from_text(text)
        if canonical is None:
            raise Misread(*wrong)
        return canonical

    return ValueReader(from_text, from_json)


def _date_reader(field: fields.Field) -> ValueReader:
    wrong = ("not-a-date", f"{field.name} must be a real date, written YYYY-MM-DD.")

    def from_text(text: str) -> str | None:
        body = text.strip(XML_SPACE)
        if not body:
            return None
        if len(body) != _ISO_LENGTH:
            found = _DATE.fullmatch(body)
            if found is None:
                raise Misread(*wrong)
            body = found[1]
        if not is_iso_date(body):
            raise Misread(*wrong)
        return body

    def from_json(value: object) -> str:
        if type(value) is date:
            return value.isoformat()
        if type(value) is str and is_iso_date(value):
            return value
        raise Misread(*wrong)

    return ValueReader(from_text, from_json)


def is_iso_date(text: str) -> bool:
    """Say whether a text is a day of the calendar, `YYYY-MM-DD` and no other form."""
    if len(text) != _ISO_LENGTH or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _date_time_reader(field: fields.Field) -> ValueReader:
    wrong = ("not-a-time", f"{field.name} must be a date and time, written YYYY-MM-DDThh:mm:ss.")

    def from_text(text: str) -> str | None:
        body = text.strip(XML_SPACE)
        if not body:
            return None
        found = _DATE_TIME.fullmatch(body)
        if found is None or not is_iso_date(found[1]):
            raise Misread(*wrong)
        return body

    def from_json(value: object) -> str:
        if isinstance(value, datetime):
            return value.isoformat()
        text = from_text(value) if isinstance(value, str) else None
        if text is None:
            raise Misread(*wrong)
        return text

    return ValueReader(from_text, from_json)


def _text_reader(field: fields.Field) -> ValueReader:
    matches = _text_pattern(field).fullmatch
    restricted = field.charset is not None

    def from_json(value: object) -> str:
        if type(value) is not str:
            # lint-skip: constant-error-message its message is for people and names the field only
            raise Misread("wrong-type", f"{field.name} must be text.")
        if matches(value) is not None and (restricted or _NOT_IN_XML.search(value) is None):
            return value
        raise Misread(*_what_is_wrong(field, value))

    def from_text(text: str) -> str | None:
        return from_json(text) if text else None

    return ValueReader(from_text, from_json)


def _text_pattern(field: fields.Field) -> re.Pattern[str]:
    """Compile pattern, character set, lengths and enumeration of a text field into one."""
    shortest, longest = field.min_length or 0, field.max_length
    if field.length is not None:
        shortest = longest = field.length
    limits = f"{{{shortest},{'' if longest is None else longest}}}"
    charset = fields.CHARSETS[field.charset].removesuffix("*") if field.charset else r"[\s\S]"
    if field.enum:
        return re.compile("|".join(re.escape(item) for item in field.enum))
    if field.pattern is None:
        return re.compile(charset + limits)
    return re.compile(f"(?={charset}{limits}\\Z)(?:{field.pattern})")


def _what_is_wrong(field: fields.Field, value: str) -> tuple[str, str]:
    shortest, longest = field.min_length or 0, field.max_length
    if field.length is not None:
        shortest = longest = field.length
    if _NOT_IN_XML.search(value) is not None:
        return "characters", f"{field.name} holds a character that no text may hold."
    if field.enum:
        return "not-allowed", f"{field.name} must be {' or '.join(field.enum)}."
    if len(value) < shortest or not value:
        return "too-short", f"{field.name} must have at least {max(shortest, 1)} characters."
    if longest is not None and len(value) > longest:
        return "too-long", f"{field.name} may have at most {longest} characters."
    charset = fields.CHARSETS[field.charset] if field.charset else None
    if charset is not None and re.fullmatch(charset, value) is None:
        return "characters", f"{field.name} holds a character that the record does not allow."
    return "pattern", f"{field.name} does not have the form that the record asks for."
