"""Checks one learner record against the record model, and against itself.

The same checks serve files and records keyed in one by one. Nothing here needs another record, an
agreement or the database: those reasons are decided elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from learner_api.domain.record import (
    DATES_INCONSISTENT,
    DUPLICATE_AIM_SEQUENCE,
    EMPLOYER_ID_CHECK_DIGIT,
    SCHEMA,
    ULN_CHECK_DIGIT,
    Fault,
    usable_uln,
)
from learner_api.domain.record_digits import (
    UNKNOWN_EMPLOYER,
    employer_id_check_digit_fits,
    uln_check_digit_fits,
)
from learner_api.domain.record_model import LEARNER, PLANS, ChildSlot, EntityPlan, FieldSlot
from learner_api.domain.record_values import Misread, is_iso_date

MAX_FAULTS: Final = 100
"""Schema faults that are listed for one record; more would help nobody."""

_LONGEST_KEPT: Final = 1_000
_MOST_KEPT: Final = 10
_INT64: Final = range(-(2**63), 2**63)
_OBJECT: Final = (dict, Mapping)
"""For isinstance: nearly always a dict, which is found without asking the abstract class."""
_UNPRINTABLE: Final = frozenset({0, *range(0xD800, 0xE000)})


def schema_fault(pointer: str, code: str, message: str) -> Fault:
    """Return a fault against the record model."""
    return Fault(SCHEMA, pointer, code, message)


def check_record(data: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return every fault of one whole learner, in the JSON form described at ParsedRecord."""
    return read_record(data)[1]


def read_record(
    raw: Mapping[str, Any], *, lenient: bool = False
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Return the learner's data in its normal form, and every fault.

    `lenient` is how files are read: numbers and dates may be text in the forms that XML Schema
    allows, empty text and empty optional entities are absent. Values that cannot be read stay in
    the data as they are, so that they can be seen, corrected and found again.
    """
    data, faults = read_entity(LEARNER, raw, lenient=lenient)
    del faults[MAX_FAULTS:]
    faults.extend(check_consistency(data))
    return data, tuple(faults)


def check_fields(entity: str, values: Mapping[str, Any], *, partial: bool) -> tuple[Fault, ...]:
    """Return the faults among one entity's own fields, by entity name; pointers are `/Field`.

    `partial` is for changes: fields that are not given are not missing, and null clears an optional
    field. A child entity has no place here. UnknownField is raised for an unknown entity.
    """
    plan = PLANS[entity]
    own: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in values.items():
        slot = plan.fields.get(name)
        if slot is None:
            faults.append(_unknown_name())
        elif value is None:
            if slot.required:
                faults.append(_missing(name))
        else:
            _read_value(slot, value, own, faults, lenient=False)
    if not partial:
        faults.extend(
            _missing(name) for name in plan.fields if name in plan.required and name not in values
        )
    for check in _CHECKS_OF_ENTITY.get(entity, ()):
        faults.extend(check(own))
    return tuple(faults)


def read_entity(
    plan: EntityPlan, raw: Mapping[str, Any], *, lenient: bool
) -> tuple[dict[str, Any], list[Fault]]:
    """Read one entity and all below it against its plan."""
    data: dict[str, Any] = {}
    faults: list[Fault] = []
    own, children = plan.fields, plan.children
    for name, value in raw.items():
        if value is None:
            continue
        slot = own.get(name)
        if slot is not None:
            if lenient and type(value) is str and value in slot.memory:
                data[name] = slot.memory[value]
            else:
                _read_value(slot, value, data, faults, lenient=lenient)
        elif name in children:
            _read_child(children[name], value, data, faults, lenient=lenient)
        elif len(faults) < MAX_FAULTS:
            faults.append(_unknown_name())
    if not data.keys() >= plan.required:
        absent = (name for name in plan.in_order if name in plan.required and name not in data)
        faults.extend(_missing(name) for name in absent)
    return data, faults


def _read_value(
    slot: FieldSlot, value: Any, data: dict[str, Any], faults: list[Fault], *, lenient: bool
) -> None:
    try:
        if lenient and type(value) is str:
            typed = slot.from_text(value)
            if typed is None:
                return
            slot.memory.remember(value, typed)
        else:
            typed = slot.from_json(value)
    except Misread as misread:
        data[slot.name] = _kept(value)
        faults.append(schema_fault(f"/{slot.name}", *_why(slot, value, misread)))
    else:
        data[slot.name] = typed


def _why(slot: FieldSlot, value: Any, misread: Misread) -> tuple[str, str]:
    if isinstance(value, list):
        return "repeated", f"{slot.name} may stand only once."
    if isinstance(value, _OBJECT):
        return "wrong-type", f"{slot.name} must be a single value."
    return misread.code, misread.message


def _read_child(
    slot: ChildSlot, value: Any, data: dict[str, Any], faults: list[Fault], *, lenient: bool
) -> None:
    """Read what stands under the name of a child entity: a list, or one object."""
    pointer = f"/{slot.name}"
    if isinstance(value, _OBJECT) and not slot.repeats:
        if value or slot.min_occurs or not lenient:
            data[slot.name], below = read_entity(slot.plan, value, lenient=lenient)
            _add_below(faults, below, pointer)
        return
    if not isinstance(value, list):
        data[slot.name] = {} if slot.repeats else []
        shape = "a list of objects" if slot.repeats else "one object"
        faults.append(schema_fault(pointer, "wrong-type", f"{slot.name} must be {shape}."))
        return
    rows = _read_rows(slot, value, faults, lenient=lenient)
    if not slot.repeats:
        data[slot.name] = rows
        faults.append(schema_fault(pointer, "repeated", f"{slot.name} may stand only once."))
    elif rows:
        data[slot.name] = rows
        if slot.max_occurs is not None and len(rows) > slot.max_occurs:
            message = f"{slot.name} may stand at most {slot.max_occurs} times."
            faults.append(schema_fault(pointer, "too-many", message))


def _read_rows(
    slot: ChildSlot, items: Sequence[Any], faults: list[Fault], *, lenient: bool
) -> list[Any]:
    rows: list[Any] = []
    for item in items:
        pointer = f"/{slot.name}/{len(rows)}"
        if not isinstance(item, _OBJECT):
            rows.append([])
            message = f"Each {slot.name} must be an object."
            _add_below(faults, [schema_fault("", "wrong-type", message)], pointer)
        elif item or slot.min_occurs or not lenient:
            row, below = read_entity(slot.plan, item, lenient=lenient)
            rows.append(row)
            if below:
                _add_below(faults, below, pointer)
    return rows


def _add_below(faults: list[Fault], below: Sequence[Fault], pointer: str) -> None:
    room = MAX_FAULTS - len(faults)
    faults.extend(fault.below(pointer) for fault in below[: max(room, 0)])


def _missing(name: str) -> Fault:
    return schema_fault(f"/{name}", "missing", f"{name} is required.")


def _unknown_name() -> Fault:
    return schema_fault("", "unknown", "There is a name here that the record model does not have.")


def _kept(value: Any) -> Any:
    """Return a value that could not be read in a form that JSON and the database can hold.

    It must stay wrong. U+FFFD stands in no restricted text and digits in no name, so the two
    together, put where a character is that cannot be stored, are refused by every text field. A
    number stays a number, which no text field takes; one that JSON cannot hold becomes `{}`.
    """
    if isinstance(value, list):
        return [_kept(item) for item in value[:_MOST_KEPT]]
    if isinstance(value, _OBJECT):
        return {}
    if value is None or isinstance(value, bool) or (type(value) is int and value in _INT64):
        return value
    if isinstance(value, int) or (isinstance(value, float) and not isfinite(value)):
        return {}
    if isinstance(value, float):
        return value
    text = str(value)
    if any(ord(char) in _UNPRINTABLE for char in text):
        text = "".join(f"\ufffd{ord(c)}" if ord(c) in _UNPRINTABLE else c for c in text)
    return text[:_LONGEST_KEPT]


def check_consistency(data: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong between the fields of one learner, as far as they could be read."""
    faults = _uln(data)
    for index, status in _rows(data, "LearnerEmploymentStatus"):
        _add_at(faults, _employer("EmpId", status), f"/LearnerEmploymentStatus/{index}")
    seen: set[int] = set()
    first_start = ""
    for index, aim in _rows(data, "LearningDelivery"):
        found = _aim_dates(aim)
        found += _work_placements(aim)
        number = aim.get("AimSeqNumber")
        if type(number) is int:
            if number in seen:
                message = "Another aim of this learner has the same AimSeqNumber."
                found.append(Fault(DUPLICATE_AIM_SEQUENCE, "/AimSeqNumber", "repeated", message))
            seen.add(number)
        _add_at(faults, found, f"/LearningDelivery/{index}")
        start = _day(aim, "LearnStartDate")
        if start and (not first_start or start < first_start):
            first_start = start
    if first_start and _day(data, "DateOfBirth") > first_start:
        message = "DateOfBirth is after the start of an aim."
        faults.append(Fault(DATES_INCONSISTENT, "/DateOfBirth", "after-start", message))
    return faults


def _rows(data: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    items = data.get(name)
    if not isinstance(items, list):
        return []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, _OBJECT)]


def _add_at(faults: list[Fault], found: list[Fault], pointer: str) -> None:
    if found:
        faults.extend(fault.below(pointer) for fault in found)


def _uln(data: Mapping[str, Any]) -> list[Fault]:
    uln = usable_uln(data)
    if uln is None or uln_check_digit_fits(uln):
        return []
    message = "The last digit of ULN does not fit the others."
    return [Fault(ULN_CHECK_DIGIT, "/ULN", "check-digit", message)]


def _employer(name: str, row: Mapping[str, Any]) -> list[Fault]:
    employer = row.get(name)
    if type(employer) is not int or abs(employer) > UNKNOWN_EMPLOYER:
        return []
    if employer_id_check_digit_fits(employer):
        return []
    message = f"The last digit of {name} does not fit the others."
    return [Fault(EMPLOYER_ID_CHECK_DIGIT, f"/{name}", "check-digit", message)]


def _work_placements(aim: Mapping[str, Any]) -> list[Fault]:
    faults: list[Fault] = []
    for index, placement in _rows(aim, "LearningDeliveryWorkPlacement"):
        pointer = f"/LearningDeliveryWorkPlacement/{index}"
        _add_at(faults, _employer("WorkPlaceEmpId", placement), pointer)
    return faults


def _aim_dates(aim: Mapping[str, Any]) -> list[Fault]:
    faults: list[Fault] = []
    start = _day(aim, "LearnStartDate")
    for name in ("LearnPlanEndDate", "LearnActEndDate"):
        end = _day(aim, name)
        if start and end and end < start:
            message = f"{name} is before LearnStartDate."
            faults.append(Fault(DATES_INCONSISTENT, f"/{name}", "before-start", message))
    return faults


def _day(row: Mapping[str, Any], name: str) -> str:
    """Return a date that could be read, else an empty text. ISO dates compare as text."""
    value = row.get(name)
    return value if type(value) is str and is_iso_date(value) else ""


_CHECKS_OF_ENTITY: Final[Mapping[str, tuple[Callable[[Mapping[str, Any]], list[Fault]], ...]]] = {
    "Learner": (_uln,),
    "LearnerEmploymentStatus": (lambda row: _employer("EmpId", row),),
    "LearningDelivery": (_aim_dates,),
    "LearningDeliveryWorkPlacement": (lambda row: _employer("WorkPlaceEmpId", row),),
}
