"""Reads a learner that is as the record model has it in one pass over its text.

Most learners are. It gives up on the first thing that is out of the ordinary and judges nothing:
xml_reader then takes the learner apart element by element, with the same result for a sound one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from learner_api.adapters.files.xml_text import Element
from learner_api.domain.record_model import LEARNER, ChildSlot, EntityPlan
from learner_api.domain.record_values import XML_SPACE, Misread

_SPACINGS: Final = 100
"""Ways to write one tag that are remembered: their spaces differ."""
_LONGEST_KNOWN: Final = 200


class _Unusual(Exception):  # noqa: N818 - named as the fact it states
    """Something that is not read here."""


@dataclass(slots=True)
class _Entity:
    """One entity as it is read here.

    `known` says what a part is, which is what stands between two `<`, such as `FundModel>36`; a
    value of an identifying field is never in it. `room`: how many more parts of a name may be.
    `ends` are end tags with nothing but space behind them. `most`: children that are counted.
    """

    plan: EntityPlan
    most: tuple[tuple[str, int], ...]
    below: dict[str, "_Entity"]
    room: dict[str, int]
    known: dict[str, "_Part"] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)


_Part = tuple[int, int, str, Any, _Entity | None]
"""Order, the order after which it may not stand, name, value, and the entity if it is one."""


def _entity(plan: EntityPlan) -> _Entity:
    return _Entity(
        plan=plan,
        most=tuple(
            (name, slot.max_occurs)
            for name, slot in plan.children.items()
            if slot.repeats and slot.max_occurs is not None
        ),
        below={name: _entity(slot.plan) for name, slot in plan.children.items()},
        # the memory of an identifying field has no room, and neither has it here
        room={name: slot.memory.room for name, slot in plan.fields.items()}
        | dict.fromkeys(plan.children, _SPACINGS),
    )


_LEARNER: Final = _entity(LEARNER)


def read_sound(learner: Element) -> dict[str, Any] | None:
    """Return the data of a learner without a fault against the record model, else None.

    None also where only the way of writing is unusual: prefixes, attributes, references.
    """
    if learner.keys():
        return None
    text = etree.tostring(learner, encoding="unicode", with_tail=False)
    # With `Learner` unprefixed, an unprefixed name below stands in its namespace, for what
    # declares another one is written beside the name and so part of it here.
    if "&" in text or not text.startswith("<Learner "):
        return None
    parts = text.split("<")
    if _has_text(parts[1]):
        return None
    try:
        return _read(_LEARNER, iter(parts[2:]))
    except _Unusual:
        return None


def _read(entity: _Entity, parts: Iterator[str]) -> dict[str, Any]:
    """Read the entity whose first child comes next, up to and with its end tag."""
    data: dict[str, Any] = {}
    known, ends = entity.known, entity.ends
    last = -1
    for part in parts:
        found = known.get(part)
        if found is None:
            if part[0] == "/":
                if part not in ends:
                    _check_end(ends, part)
                break
            found = _learnt(entity, part)
        order, limit, name, value, below = found
        if order <= last:
            raise _Unusual
        last = limit
        if below is not None:
            _add(data, name, _read(below, parts), repeats=limit != order)
        else:
            if value is not None:
                data[name] = value
            end = next(parts)
            if end not in ends:
                _check_end(ends, end)
    _check_whole(entity, data)
    return data


def _add(data: dict[str, Any], name: str, row: dict[str, Any], *, repeats: bool) -> None:
    if not repeats:
        data[name] = row
    elif name in data:
        data[name].append(row)
    else:
        data[name] = [row]


def _check_whole(entity: _Entity, data: dict[str, Any]) -> None:
    """Make sure that an entity has what it must have, and no child too often."""
    if not data or not data.keys() >= entity.plan.required:
        raise _Unusual
    for name, most in entity.most:
        if name in data and len(data[name]) > most:
            raise _Unusual


def _learnt(entity: _Entity, part: str) -> _Part:
    """Return what a part is that is not known yet."""
    name, _, text = part.partition(">")
    own = entity.plan.fields.get(name)
    if own is None:
        found = _child(entity, name, text)
    else:
        try:
            found = (own.order, own.order, own.name, own.from_text(text), None)
        except Misread:
            raise _Unusual from None
    if entity.room[name] > 0 and len(part) <= _LONGEST_KNOWN:
        entity.room[name] -= 1
        entity.known[part] = found
    return found


def _child(entity: _Entity, name: str, text: str) -> _Part:
    slot: ChildSlot | None = entity.plan.children.get(name)
    if slot is None or text.strip(XML_SPACE):
        raise _Unusual
    # One that repeats may stand after itself, so what follows is compared with the place before.
    limit = slot.order - 1 if slot.repeats else slot.order
    return slot.order, limit, slot.name, None, entity.below[name]


def _check_end(ends: set[str], part: str) -> None:
    """Make sure that a part is an end tag with nothing but space behind it."""
    if part[0] != "/" or _has_text(part):
        raise _Unusual
    if len(ends) < _SPACINGS * _SPACINGS and len(part) <= _LONGEST_KNOWN:
        ends.add(part)


def _has_text(part: str) -> bool:
    return bool(part.rpartition(">")[2].strip(XML_SPACE))
