"""Field definitions: is a field there, not too long, in its range, of its pattern, not too often.

Each check follows from the record model; which of them are rules of a year, and under which name
(`FD_<field>_<check>`), the pack's table says. A learner with such an error meets no other rule.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.raw import RawColumn, RawTable
from ilr_validator.packs.record_model import RESTRICTED, EntityModel, FieldModel, RecordModel

SCHEMA: Final = "Schema"
"""The official name of what the schema finds."""
NUMBERS: Final = frozenset({"int", "decimal"})
NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
LEADING: Final = re.compile(r"^(?:\+?0+(?=\d)|\+)")
"""What pads a number: the official model holds it without."""
DECIMAL_PLACES: Final = 1
"""Of every decimal of the record."""
REPEATED_CLASS: Final = re.compile(r"(?P<class>\[(?:[^\]\\]|\\.)+\])\{1,(?P<most>[0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One field definition that a year has as a rule."""

    name: str
    message: str
    entity: EntityModel
    field: FieldModel | None
    """None: the rule counts occurrences of the entity."""
    check: str
    """`MA`, `AL`, `AP`, `AR` or `EO`."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The rows of an entity that break a definition. Of `EO`, the rows of the entity's parent."""

    definition: Definition
    entity: str
    """The entity whose rows these are."""
    rows: Rows
    values: Text | None
    """What stands in the field, for each row; None where occurrences are counted."""


def definitions(model: RecordModel, names: frozenset[str]) -> list[Definition]:
    """Give the field definitions of a year whose names stand in its table.

    A name that no field of the record model has is left to the caller, as not implemented.
    """
    by_name = {name.upper(): name for name in names}
    return [
        replace(one, name=by_name[one.name.upper()])
        for one in _facets(model)
        if one.name.upper() in by_name
    ]


def tight_schema(model: RecordModel, names: frozenset[str]) -> list[Definition]:
    """Give what the official schema limits and no field definition of the year does.

    Learners who passed the field definitions are held against it, so that none is let through
    whom the schema would refuse (spec/ilr.md section 0.2).
    """
    limited = {name.upper() for name in names}
    return [
        replace(one, name=SCHEMA)
        for one in _facets(model)
        if one.name.upper() not in limited and _is_limited(one)
    ]


def _facets(model: RecordModel) -> Iterator[Definition]:
    """Give every check of every field and entity under the name that its rule would have."""
    for entity, parent in model.learner.walk():
        if parent is not None:
            yield Definition(f"FD_{entity.name}_EO", _occurrences(entity), entity, None, "EO")
        for field in entity.fields:
            for check, says in MESSAGES.items():
                yield Definition(f"FD_{field.name}_{check}", says(field), entity, field, check)


def _is_limited(one: Definition) -> bool:
    """Tell whether the record model has a limit of this kind for a field or entity."""
    field = one.field
    if field is None:
        return one.entity.minimum > 0 or one.entity.maximum is not None
    limits = {
        "MA": field.is_required,
        "AL": field.length is not None,
        "AP": field.kind == "restricted" or field.pattern is not None,
        "AR": field.low is not None and field.high is not None,
    }
    return limits[one.check]


def _digits(number: float) -> str:
    return f"{number:.0f}" if number.is_integer() else f"{number}"


MESSAGES: Final[Mapping[str, Callable[[FieldModel], str]]] = {
    "MA": lambda field: f"{field.name} is missing.",
    "AL": lambda field: (
        f"{field.name} has more than {field.length} characters, or more than one decimal place."
        if field.kind == "decimal"
        else f"{field.name} has more than {field.length} characters."
    ),
    "AP": lambda field: f"{field.name} holds characters, or a form, that it must not have.",
    "AR": lambda field: (
        f"{field.name} is not between {_digits(field.low)} and {_digits(field.high)}."
        if field.low is not None and field.high is not None
        else f"{field.name} is out of range."
    ),
}


def _occurrences(entity: EntityModel) -> str:
    if entity.minimum:
        return f"There is no {entity.name}."
    return f"{entity.name} stands more than {entity.maximum} times."


def broken(
    raw: Mapping[str, RawTable], found: list[Definition], parents: Mapping[str, str]
) -> Iterator[Broken]:
    """Check the definitions; `parents` gives for each entity the name of the one above it."""
    for one in found:
        table = raw[one.entity.name]
        if one.field is None:
            above = raw[parents[one.entity.name]]
            counts = np.bincount(table.parent, minlength=above.size)
            wrong = counts < one.entity.minimum
            if one.entity.maximum is not None:
                wrong |= counts > one.entity.maximum
            rows, values = np.flatnonzero(wrong), None
            entity = parents[one.entity.name]
        else:
            column = table.column(one.field.name)
            rows = np.flatnonzero(_wrong(column, one.field, one.check))
            if not len(rows):
                continue
            values, entity = table.text(one.field.name).take(rows), one.entity.name
        if len(rows):
            yield Broken(one, entity, rows, values)


def _wrong(column: RawColumn, field: FieldModel, check: str) -> Mask:
    if not isinstance(column, Text):
        return _is_wrong_number(column, field, check)
    if check == "MA":
        return column.is_null
    if check == "AL" and field.length is not None:
        return _is_too_long(column, field, field.length)
    if check == "AP":
        return _has_wrong_form(column, field)
    if check == "AR" and field.low is not None and field.high is not None:
        low, high = field.low, field.high
        return column.test(lambda text: _is_number(text) and not low <= float(text) <= high)
    return np.zeros(len(column), bool)


def _is_too_long(column: Text, field: FieldModel, length: int) -> Mask:
    texts = column.values[1:]
    if field.kind not in NUMBERS and max(map(len, filter(None, texts)), default=0) <= length:
        return np.zeros(len(column), bool)

    def is_too_long(text: str) -> bool:
        text = LEADING.sub("", text) if field.kind in NUMBERS else text
        places = text.partition(".")[2].rstrip("0") if field.kind == "decimal" else ""
        return len(text) > length or len(places) > DECIMAL_PLACES

    return column.test(is_too_long)


def _has_wrong_form(column: Text, field: FieldModel) -> Mask:
    wrong = np.zeros(len(column), bool)
    texts = [text for text in column.values if text is not None]
    if field.kind == "restricted" and not RESTRICTED.fullmatch("".join(texts)):
        wrong |= column.test(lambda text: not RESTRICTED.fullmatch(text))
    pattern = field.pattern
    if pattern is not None and not _is_class_only(pattern, texts):
        wrong |= column.test(lambda text: not pattern.fullmatch(text))
    return wrong


def _is_class_only(pattern: re.Pattern[str], texts: list[str]) -> bool:
    """Tell, where a pattern is a class of characters repeated, whether all texts match it.

    Held against all of them at once, which is several times quicker than one by one.
    """
    repeated = REPEATED_CLASS.fullmatch(pattern.pattern)
    if repeated is None or not texts:
        return False
    sizes = list(map(len, texts))
    is_size = min(sizes) >= 1 and max(sizes) <= int(repeated["most"])
    return is_size and re.fullmatch(f"{repeated['class']}*", "".join(texts)) is not None


def _is_wrong_number(column: Numbers, field: FieldModel, check: str) -> Mask:
    """Judge numbers and dates that are written in the usual way."""
    if check == "MA":
        return np.isnan(column)
    if check == "AL" and field.length is not None:
        return column >= 10.0**field.length
    if check == "AR" and field.low is not None and field.high is not None:
        return (column < field.low) | (column > field.high)
    if check == "AP" and field.pattern is not None:
        raise PackError("numbers are not held against patterns", field=field.name)
    return np.zeros(len(column), bool)


def _is_number(text: str) -> bool:
    """Tell whether a text is a number; UCASPERID is one in a field of text."""
    return NUMBER.fullmatch(text) is not None
