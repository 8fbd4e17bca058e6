"""The record model compiled for reading: what each entity may hold, in which order, how often.

Built once from the field catalogue of matricula_contracts; holds no rule of its own except the
limit of 98 aims, which the record model gives only through the range of AimSeqNumber.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from learner_api.domain.record_values import FromJson, FromText, Value, reader_for
from matricula_contracts import fields

MAX_AIMS: Final = 98
_REMEMBERED: Final = 4_096


class Memory(dict[str, Value]):
    """Texts of one field that were read before, so that common codes are read once.

    Stops growing at a fixed number of texts. That of an identifying field stays empty: what it
    holds hardly repeats and should not stay in memory.
    """

    __slots__ = ("room",)

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def remember(self, text: str, value: Value) -> None:
        """Keep one text and its value while there is room."""
        if len(self) < self.room:
            self[text] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSlot:
    """The place of one field in its entity."""

    name: str
    order: int
    required: bool
    from_text: FromText
    from_json: FromJson
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSlot:
    """The place of a child entity in its parent; `max_occurs` None = unbounded."""

    name: str
    order: int
    min_occurs: int
    max_occurs: int | None
    plan: "EntityPlan"

    @property
    def required(self) -> bool:
        """Whether there must be at least one."""
        return self.min_occurs > 0

    @property
    def repeats(self) -> bool:
        """Whether the data holds a list here and not one object."""
        return self.max_occurs is None or self.max_occurs > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPlan:
    """One entity: its slots by name; fields come before child entities, both in XML order.

    The mappings are plain dicts because they are looked up for every value; nobody changes them.
    """

    name: str
    fields: dict[str, FieldSlot]
    children: dict[str, ChildSlot]
    required: frozenset[str]
    """Names of the fields and child entities that may not be absent."""
    in_order: tuple[str, ...]
    tags: dict[str, tuple[int, str, ChildSlot | None]] = field(repr=False)
    """(order, name, child entity if it is one) by element name with namespace, `{...}ULN`."""


def _field_slot(item: fields.Field, order: int) -> FieldSlot:
    reader = reader_for(item)
    return FieldSlot(
        name=item.name,
        order=order,
        required=item.required,
        from_text=reader.from_text,
        from_json=reader.from_json,
        memory=Memory(0 if item.storage == "identity_block" else _REMEMBERED),
    )


def compile_entity(entity: fields.Entity, *, leave_out: frozenset[str] = frozenset()) -> EntityPlan:
    """Compile one entity and all below it, without the child entities named in `leave_out`."""
    own = {item.name: _field_slot(item, order) for order, item in enumerate(entity.fields)}
    children: dict[str, ChildSlot] = {}
    for order, name in enumerate(entity.children, start=len(own)):
        if name in leave_out:
            continue
        child = fields.ENTITIES[name]
        children[name] = ChildSlot(
            name=name,
            order=order,
            min_occurs=child.min_occurs,
            max_occurs=MAX_AIMS if name == "LearningDelivery" else child.max_occurs,
            plan=compile_entity(child),
        )
    slots: dict[str, FieldSlot | ChildSlot] = {**own, **children}
    return EntityPlan(
        name=entity.name,
        fields=own,
        children=children,
        required=frozenset(name for name, slot in slots.items() if slot.required),
        in_order=tuple(slots),
        tags={
            f"{{{fields.NAMESPACE}}}{name}": (slot.order, name, children.get(name))
            for name, slot in slots.items()
        },
    )


HEADER: Final = compile_entity(fields.ENTITIES["Message"], leave_out=frozenset({"Learner"}))
"""Everything of a file that is not a learner."""

LEARNER: Final = compile_entity(fields.ENTITIES["Learner"])
"""One learner, whole."""


def _plans(plan: EntityPlan) -> dict[str, EntityPlan]:
    found = {plan.name: plan}
    for child in plan.children.values():
        found |= _plans(child.plan)
    return found


PLANS: Final[Mapping[str, EntityPlan]] = MappingProxyType(_plans(LEARNER))
"""The entities of a learner by name."""
