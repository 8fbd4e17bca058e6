"""Divides a learner's record into what may stand in clear and what is encrypted, and rejoins it.

Follows the field catalogue alone. Pure: encrypts nothing, stores nothing. In all three parts the
rows of a repeating entity are numbered by their place in the record (`{"LearnerFAM": {0: {…}}}`),
so that the parts of one row find each other again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from matricula_contracts.fields import ENTITIES, Entity, Field

Tree = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """One record in three: clear codes, identifying data, and data of a protected class."""

    clear: Tree
    identity: Tree
    special: Tree


@dataclass(frozen=True, slots=True)
class _Plan:
    entity: Entity
    clear: frozenset[str]
    identity: frozenset[str]
    by_value: Mapping[str, Field]
    children: Mapping[str, bool]
    keeps_row: bool
    is_clear: bool
    """No value of a row without unknown names is anywhere but in clear."""


def _plan(entity: Entity) -> _Plan:
    by_value = {item.name: item for item in entity.fields if item.class_by_value}
    fixed = [item for item in entity.fields if item.name not in by_value]
    return _Plan(
        entity=entity,
        clear=frozenset(item.name for item in fixed if item.storage == "clear"),
        identity=frozenset(item.name for item in fixed if item.storage == "identity_block"),
        by_value=by_value,
        children={name: ENTITIES[name].repeats for name in entity.children},
        keeps_row=any(item.storage == "clear" for item in entity.fields) or bool(entity.children),
        is_clear=not by_value
        and not entity.children
        and all(item.storage == "clear" for item in fixed),
    )


_PLANS: Final[Mapping[str, _Plan]] = {name: _plan(entity) for name, entity in ENTITIES.items()}


def divide(record: Mapping[str, Any]) -> Parts:
    """Divide a complete, valid learner record (ILR names; lists for repeating entities)."""
    parts = _divide(_PLANS["Learner"], record)
    return Parts(parts.clear or {}, parts.identity or {}, parts.special or {})


def rejoin(parts: Parts) -> Tree:
    """Put the parts together again; the inverse of `divide`."""
    record: Tree = {}
    for part in (parts.clear, parts.identity, parts.special):
        _overlay(record, part)
    return _as_lists(_PLANS["Learner"], record)


def keyed_by_number(tree: Mapping[str, Any]) -> dict[Any, Any]:
    """Turn the row numbers of a part that has been through JSON back into integers."""
    return {
        (int(name) if name.isdigit() else name): (
            keyed_by_number(value) if isinstance(value, Mapping) else value
        )
        for name, value in tree.items()
    }


def _divide(plan: _Plan, values: Mapping[str, Any]) -> Parts:
    if plan.entity.row_classes and plan.entity.class_of_row(values) != "ordinary":
        return Parts({}, {}, _numbered(plan, values))
    if plan.is_clear and values.keys() <= plan.clear:
        return Parts(dict(values), {}, {})
    clear: Tree = {}
    identity: Tree = {}
    special: Tree = {}
    for name, value in values.items():
        if name in plan.clear:
            clear[name] = value
        elif name in plan.identity:
            identity[name] = value
        elif name in plan.children:
            _divide_child(name, value, Parts(clear, identity, special), plan.children[name])
        elif name in plan.by_value:
            storage = plan.by_value[name].storage_of(value)
            target = {"clear": clear, "identity_block": identity}.get(storage, special)
            target[name] = value
        else:
            special[name] = value
    return Parts(clear, identity, special)


def _divide_child(name: str, value: Any, into: Parts, repeats: bool) -> None:  # noqa: FBT001
    plan = _PLANS[name]
    if not repeats:
        part = _divide(plan, value)
        _keep(into, name, part, plan)
        return
    rows = Parts({}, {}, {})
    for number, row in enumerate(value):
        part = _divide(plan, row)
        _keep(rows, number, part, plan)
    for target, found in (
        (into.clear, rows.clear),
        (into.identity, rows.identity),
        (into.special, rows.special),
    ):
        if found:
            target[name] = found


def _keep(target: Parts, key: Any, part: Parts, plan: _Plan) -> None:
    whole_row_is_special = not part.clear and not part.identity and bool(part.special)
    if part.clear or (plan.keeps_row and not whole_row_is_special):
        target.clear[key] = part.clear
    if part.identity:
        target.identity[key] = part.identity
    if part.special:
        target.special[key] = part.special


def _numbered(plan: _Plan, values: Mapping[str, Any]) -> Tree:
    numbered: Tree = {}
    for name, value in values.items():
        if name not in plan.children:
            numbered[name] = value
        elif plan.children[name]:
            numbered[name] = {i: _numbered(_PLANS[name], row) for i, row in enumerate(value)}
        else:
            numbered[name] = _numbered(_PLANS[name], value)
    return numbered


def _overlay(target: Tree, part: Mapping[Any, Any]) -> None:
    for key, value in part.items():
        if isinstance(value, Mapping):
            _overlay(target.setdefault(key, {}), value)
        else:
            target[key] = value


def _as_lists(plan: _Plan, values: Mapping[str, Any]) -> Tree:
    record: Tree = {}
    for name, value in values.items():
        if name not in plan.children:
            record[name] = value
        elif plan.children[name]:
            record[name] = [_as_lists(_PLANS[name], value[number]) for number in sorted(value)]
        else:
            record[name] = _as_lists(_PLANS[name], value)
    return record
