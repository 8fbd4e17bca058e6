"""Checks one learner of a form: the stages and rules of a file, with pointers to the fields."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ilr_validator.application.check import Check
from ilr_validator.application.record_json import Read, read_learner
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Message
from ilr_validator.engine.rule import Rule
from ilr_validator.engine.run import Finding, findings, run
from ilr_validator.packs.field_definitions import Broken, broken
from ilr_validator.packs.raw import typed_tables
from ilr_validator.packs.record_model import RecordModel

SCHEMA: Final = "Schema"
NOT_OF_ITS_KIND: Final = "The value is not of the field's kind."


@dataclass(frozen=True, slots=True)
class FormFinding:
    """One breach, for the person at the form."""

    rule: str
    severity: str
    message: str
    aim_seq_number: int | None
    pointers: tuple[str, ...]
    """JSON Pointers (RFC 6901) of the fields that the rule looks at, the nearest first."""
    parameters: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FormResult:
    """What is said of one learner."""

    findings: tuple[FormFinding, ...]
    not_run: tuple[str, ...]
    """Rules that could not be judged: their reference data is absent, or nobody wrote them."""

    @property
    def is_valid(self) -> bool:
        """Tell whether the learner has no error; warnings and rules not run are no errors."""
        return not any(one.severity in {"E", "F"} for one in self.findings)


def check_learner(record: Mapping[str, Any], check: Check) -> FormResult:
    """Check one learner given under the XML names of the record.

    Raises RecordNotReadableError where the JSON is no learner at all.
    """
    read = read_learner(record, check.model)
    if read.unreadable:
        return FormResult(tuple(_unreadable(read.unreadable)), ())
    fields = _Fields(check.model)
    wrong = [
        finding
        for one in broken(read.tables, check.definitions(), fields.parents)
        for finding in _of_definition(one, check, read)
    ]
    if wrong:
        return FormResult(tuple(wrong), ())
    batch = Batch(typed_tables(read.tables, check.model, Message({}, 1)), check.surroundings)
    found: list[FormFinding] = []
    not_run = [
        name for name in check.pack.not_implemented if check.pack.facts[name].stage == "business"
    ]
    for outcome in run(batch, check.learner_rules()):
        if outcome.not_run is not None:
            not_run.append(outcome.rule.name)
        found += (_of_rule(one, check, fields, read) for one in findings(batch, outcome))
    return FormResult(tuple(found), tuple(sorted(not_run)))


def _unreadable(values: Iterable[tuple[str, str]]) -> Iterator[FormFinding]:
    for name, pointer in values:
        yield FormFinding(SCHEMA, "F", NOT_OF_ITS_KIND, None, (pointer,), (("Property", name),))


def _of_definition(one: Broken, check: Check, read: Read) -> Iterator[FormFinding]:
    definition = one.definition
    reported = definition.field or definition.entity
    for place, row in enumerate(one.rows.tolist()):
        value = one.values.at(place) if one.values is not None else None
        yield FormFinding(
            rule=definition.name,
            severity=check.severity(definition.name),
            message=definition.message,
            aim_seq_number=None,
            pointers=(f"{read.pointers[one.entity][row]}/{reported.name}",),
            parameters=((reported.name, value),),
        )


def _of_rule(one: Finding, check: Check, fields: "_Fields", read: Read) -> FormFinding:
    return FormFinding(
        rule=one.rule.name,
        severity=check.severity(one.rule.name),
        message=one.rule.message,
        aim_seq_number=one.aim_seq_number,
        pointers=fields.pointers(one.rule, one.row, read),
        parameters=one.parameters,
    )


class _Fields:
    """Which entity has which field, and which entity stands below which."""

    def __init__(self, model: RecordModel) -> None:
        self.parents = {
            entity.name: parent.name
            for entity, parent in model.learner.walk()
            if parent is not None
        }
        self.of_entity = {
            entity.name: {one.name for one in entity.fields} for entity, _ in model.learner.walk()
        }
        self.owner = {name: entity for entity, names in self.of_entity.items() for name in names}

    def pointers(self, rule: Rule, row: int, read: Read) -> tuple[str, ...]:
        """Give the places of a rule's parameters, as seen from the row that broke it."""
        above = dict(self._upwards(rule.table.ENTITY, row, read))
        own = read.pointers[rule.table.ENTITY][row]
        names = [one if isinstance(one, str) else one[0] for one in rule.parameters]
        found = [
            place for name in names if (place := self._place(name, rule.table.ENTITY, own, above))
        ]
        return tuple(dict.fromkeys(found)) or (own,)

    def _place(self, name: str, entity: str, own: str, above: Mapping[str, str]) -> str | None:
        owner = self.owner.get(name)
        if owner is None:
            return None
        if owner in above:
            return f"{above[owner]}/{name}"
        below = owner
        while self.parents.get(below) not in {None, entity}:
            below = self.parents[below]
        return f"{own}/{below}" if self.parents.get(below) == entity else None

    def _upwards(self, entity: str, row: int, read: Read) -> Iterator[tuple[str, str]]:
        while True:
            yield entity, read.pointers[entity][row]
            if entity not in self.parents:
                return
            row = int(read.tables[entity].parent[row])
            entity = self.parents[entity]
