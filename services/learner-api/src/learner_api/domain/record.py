"""One learner record as it was read: the faults found in it and the forms in which it is compared.

Values only: reading files belongs to adapters.files, deciding what happens to a record elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from learner_api.domain.record_values import is_iso_date
from matricula_contracts import fields

SCHEMA: Final = "schema"
ULN_CHECK_DIGIT: Final = "uln_check_digit"
EMPLOYER_ID_CHECK_DIGIT: Final = "employer_id_check_digit"
DUPLICATE_AIM_SEQUENCE: Final = "duplicate_aim_sequence"
DATES_INCONSISTENT: Final = "dates_inconsistent"
REASONS: Final = (
    SCHEMA,
    ULN_CHECK_DIGIT,
    EMPLOYER_ID_CHECK_DIGIT,
    DUPLICATE_AIM_SEQUENCE,
    DATES_INCONSISTENT,
)
"""The reasons for quarantine that one record shows by itself."""

FIRST_POSITION: Final = 1
"""Position of the first record of a file."""

TEMPORARY_ULN: Final = 9_999_999_999
_ULN_RANGE: Final = range(1_000_000_000, TEMPORARY_ULN + 1)
_REFERENCE: Final = re.compile(r"[A-Za-z0-9 ]{1,12}")
_OBJECT: Final = (dict, Mapping)
"""For isinstance: nearly always a dict, which is found without asking the abstract class."""
_SCALARS: Final = frozenset({str, int, bool, float})
_SPACE_HYPHEN_APOSTROPHE: Final = (
    "\\s\u00ad"
    "\\-\u058a\u05be\u1806\u2010-\u2015\u2212\u2e3a\u2e3b\u301c\u30a0\ufe58\ufe63\uff0d"
    "'`\u00b4\u02b9-\u02bf\u02c8\u02ca\u02cb\u2018\u2019\u201b\u2032\u2035\u055a\uff07"
)
_NOT_COMPARED: Final = re.compile(f"[{_SPACE_HYPHEN_APOSTROPHE}]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a record.

    `pointer` is a JSON Pointer (RFC 6901) into the record's data; `code` says what is wrong in one
    word; `message` says it in plain English. None of them ever holds a value of the record.
    """

    reason: str
    pointer: str
    code: str
    message: str

    def below(self, prefix: str) -> "Fault":
        """Return the same fault, seen from further up in the record."""
        return Fault(self.reason, prefix + self.pointer, self.code, self.message)


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """One learner of a file, with everything that is wrong with it.

    `position` counts the learners of the file from FIRST_POSITION. `learn_ref_number` is None when
    it is absent or not a valid one. `data` is keyed by ILR names and holds ints, text, dates as
    `YYYY-MM-DD`, decimals as text with one fraction digit; a value that could not be read stays as
    it was found.
    """

    position: int
    learn_ref_number: str | None
    data: dict[str, Any]
    faults: tuple[Fault, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the sorted, distinct reasons why the record cannot be accepted."""
        return reasons_of(self.faults)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """What tells two people apart when an identifier is the same; None where not usable."""

    family_name: str | None
    birth_date: str | None


def reasons_of(faults: Iterable[Fault]) -> tuple[str, ...]:
    """Return the sorted, distinct reasons of some faults."""
    return tuple(sorted({fault.reason for fault in faults}))


def usable_reference(data: Mapping[str, Any]) -> str | None:
    """Return the LearnRefNumber when it is a valid one, even if the rest of the record is not."""
    value = data.get("LearnRefNumber")
    return value if isinstance(value, str) and _REFERENCE.fullmatch(value) else None


def usable_uln(data: Mapping[str, Any]) -> int | None:
    """Return the ULN when it is a number of ten digits; its check digit may still be wrong."""
    value = data.get("ULN")
    return value if type(value) is int and value in _ULN_RANGE else None


def comparison_form(name: str) -> str:
    """Return a name as it is compared: NFKC, case-folded, no spaces, hyphens or apostrophes."""
    if name.isascii():
        return _NOT_COMPARED.sub("", name).casefold()
    folded = _normal(_NOT_COMPARED.sub("", name)).casefold()
    return _normal(_NOT_COMPARED.sub("", _normal(folded)))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def person_key(data: Mapping[str, Any]) -> PersonKey:
    """Return the family name (comparison form) and birth date of a record."""
    name = data.get("FamilyName")
    born = data.get("DateOfBirth")
    form = comparison_form(name) if isinstance(name, str) else ""
    return PersonKey(form or None, born if type(born) is str and is_iso_date(born) else None)


def data_classes_of(data: Mapping[str, Any], *, is_sound: bool = False) -> frozenset[str]:
    """Return the data classes that a record carries, by field and by value.

    `is_sound`: the record has no faults, so its shape need not be made safe first.
    """
    shaped = data if is_sound else _well_shaped("Learner", data)
    return frozenset(fields.data_classes_of("Learner", shaped))


def _well_shaped(name: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row whose children are rows, leaving out what a faulty record has in their place."""
    children = [child for child in fields.ENTITIES[name].children if child in row]
    if not children:
        return row
    shaped = dict(row)
    for child in children:
        rows = row[child] if isinstance(row[child], list) else [row[child]]
        shaped[child] = [_well_shaped(child, item) for item in rows if isinstance(item, _OBJECT)]
    return shaped


def canonical(data: Mapping[str, Any]) -> bytes:
    """Return a record as JSON that is the same for records that say the same.

    Keys are sorted, nulls and empty lists left out, and the occurrences of a repeated entity put
    in an order of their own, because the order in which a file lists them means nothing.
    """
    return orjson.dumps(_canonical_row(data), option=orjson.OPT_SORT_KEYS)


def _canonical_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row without what is absent; one of scalars alone stays as it is."""
    if type(row) is dict and _SCALARS.issuperset(map(type, row.values())):
        return row
    stable: dict[str, Any] = {}
    for name, value in row.items():
        kind = type(value)
        if kind is list:
            if value:
                stable[name] = _canonical_list(value)
        elif kind is dict:
            stable[name] = _canonical_row(value)
        elif value is not None:
            stable[name] = value
    return stable


def _canonical_list(items: list[Any]) -> list[Any]:
    stable: list[Any] = [_canonical_row(item) if type(item) is dict else item for item in items]
    if len(stable) > 1:
        # What was written to be compared need not be written again.
        return [orjson.Fragment(text) for text in sorted(map(_sorted_json, stable))]
    return stable


def _sorted_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
