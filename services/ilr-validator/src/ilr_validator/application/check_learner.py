"""Checks learners one by one as a form has them: stages and rules of a file, pointers to fields."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from ilr_validator.application.check import Check
from ilr_validator.application.record_json import Read, read_learners
from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.facts import FileFacts
from ilr_validator.engine.record import Message
from ilr_validator.engine.reference import ReferenceTable
from ilr_validator.engine.rule import Rule
from ilr_validator.engine.run import Finding, findings, run
from ilr_validator.engine.text import Text
from ilr_validator.packs.field_definitions import Definition, broken
from ilr_validator.packs.pack import Pack
from ilr_validator.packs.raw import typed_tables
from ilr_validator.packs.record_model import RecordModel
from matricula_chassis.clock import london_date

SCHEMA: Final = "Schema"
FIELD: Final = "field"
BUSINESS: Final = "business"
_UP_TO: Final = {
    SCHEMA: frozenset({SCHEMA}),
    FIELD: frozenset({SCHEMA, FIELD}),
    BUSINESS: frozenset({SCHEMA, FIELD, BUSINESS}),
}
NOT_OF_ITS_KIND: Final = "The value is not of the field's kind, or the year has no such field."


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
    stages: frozenset[str]
    """The stages that the learner reached; an error of one keeps it from the next."""

    @property
    def is_valid(self) -> bool:
        """Tell whether the learner has no error; warnings and rules not run are no errors."""
        return not any(one.severity in {"E", "F"} for one in self.findings)


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom and when learners are checked."""

    ukprn: int
    at: datetime
    """A moment, aware; the day in England takes the place of the file preparation date."""
    return_name: str | None = None
    """R01 to R14; None: the severities of the year's end."""


class LearnerCheck:
    """Checks learners by the rules of one year. Made once; not for several threads at a time."""

    def __init__(
        self,
        pack: Pack,
        model: RecordModel,
        *,
        code_lists: Mapping[str, CodeList] | None = None,
        reference: Mapping[type[ReferenceTable], ReferenceTable] | None = None,
    ) -> None:
        self.pack = pack
        self.model = model
        surroundings = Surroundings(
            year=pack.year,
            constants=pack.constants,
            code_lists=code_lists or pack.code_lists,
            reference=reference,
        )
        self._check = Check(pack, model, surroundings)
        # In a form both are shown at once; a file judges by the schema who passed the definitions.
        self._definitions = [*self._check.definitions(), *self._check.tight_schema()]
        self._rules = self._check.learner_rules()
        self._fields = _Fields(model)
        self._unwritten = {
            name for name in pack.not_implemented if pack.facts[name].stage == BUSINESS
        }

    def stage_of(self, rule: str) -> str | None:
        """Give the stage at which a rule is judged; None where the year has no such rule."""
        if rule == SCHEMA:
            return SCHEMA
        facts = self.pack.facts.get(rule)
        return None if facts is None else facts.stage

    def judge(
        self, records: Sequence[Mapping[str, Any]], occasion: Occasion, *, is_stored: bool = False
    ) -> list[FormResult]:
        """Check learners given under the XML names of the record, in their order.

        A field that the year does not have is a finding where the record `is_stored`. Raises
        RecordNotReadableError where the JSON of one is no learner at all.
        """
        check = self._on(occasion)
        results: dict[int, FormResult] = {}
        places = list(range(len(records)))
        read = read_learners(records, self.model, is_stored=is_stored)
        for stage, finding_faults in ((SCHEMA, _unreadable), (FIELD, self._broken)):
            wrong = _by_learner(finding_faults(check, read))
            if wrong:
                for place, found in wrong.items():
                    results[places[place]] = FormResult(tuple(found), (), _UP_TO[stage])
                places = [one for place, one in enumerate(places) if place not in wrong]
                read = read_learners([records[one] for one in places], self.model)
        judged = self._by_rules(check, read, len(places))
        results.update(zip(places, judged, strict=True))
        return [results[place] for place in range(len(records))]

    def _on(self, occasion: Occasion) -> Check:
        facts = FileFacts(
            ukprn=float(occasion.ukprn),
            preparation_date=dates.parse(london_date(occasion.at).isoformat()),
            now=dates.parse(occasion.at.astimezone(UTC).replace(tzinfo=None).isoformat()),
        )
        surroundings = replace(self._check.surroundings, file=facts)
        return replace(self._check, surroundings=surroundings, return_name=occasion.return_name)

    def _broken(self, check: Check, read: Read) -> Iterator[tuple[int, FormFinding]]:
        asked = [one for one in self._definitions if _may_break(one, read)]
        for one in broken(read.tables, asked, self._fields.parents):
            reported = one.definition.field or one.definition.entity
            for place, row in enumerate(one.rows.tolist()):
                value = one.values.at(place) if one.values is not None else None
                yield (
                    read.owners[one.entity][row],
                    FormFinding(
                        rule=one.definition.name,
                        severity=check.severity(one.definition.name),
                        message=one.definition.message,
                        aim_seq_number=None,
                        pointers=(f"{read.pointers[one.entity][row]}/{reported.name}",),
                        parameters=((reported.name, value),),
                    ),
                )

    def _by_rules(self, check: Check, read: Read, size: int) -> Iterator[FormResult]:
        found: list[list[FormFinding]] = [[] for _ in range(size)]
        not_run: list[set[str]] = [set(self._unwritten) for _ in range(size)]
        batch = Batch(typed_tables(read.tables, self.model, _message(check)), check.surroundings)
        for outcome in run(batch, self._rules) if size else ():
            if outcome.not_run is not None:
                for row in np.flatnonzero(outcome.not_run).tolist():
                    not_run[row].add(outcome.rule.name)
            for one in findings(batch, outcome):
                found[one.learner].append(self._of_rule(one, check, read))
        for of_learner, names in zip(found, not_run, strict=True):
            yield FormResult(tuple(of_learner), tuple(sorted(names)), _UP_TO[BUSINESS])

    def _of_rule(self, one: Finding, check: Check, read: Read) -> FormFinding:
        return FormFinding(
            rule=one.rule.name,
            severity=check.severity(one.rule.name),
            message=one.rule.message,
            aim_seq_number=one.aim_seq_number,
            pointers=self._fields.pointers(one.rule, one.row, read),
            parameters=one.parameters,
        )


def _unreadable(_check: Check, read: Read) -> Iterator[tuple[int, FormFinding]]:
    for learner, name, pointer in read.unreadable:
        yield (
            learner,
            FormFinding(SCHEMA, "F", NOT_OF_ITS_KIND, None, (pointer,), (("Property", name),)),
        )


def _may_break(one: Definition, read: Read) -> bool:
    """Tell whether records have what a definition looks at; few fields of a form are filled in."""
    table = read.tables[one.entity.name]
    if one.field is None:
        return True
    if not table.size or one.check == "MA":
        return table.size > 0
    column = table.column(one.field.name)
    return not isinstance(column, Text) or len(column.values) > 1


def _by_learner(found: Iterable[tuple[int, FormFinding]]) -> dict[int, list[FormFinding]]:
    grouped: dict[int, list[FormFinding]] = {}
    for learner, finding in found:
        grouped.setdefault(learner, []).append(finding)
    return grouped


def _message(check: Check) -> Message:
    facts = check.surroundings.file
    return Message(
        {
            "UKPRN": np.array([facts.ukprn]),
            "LearningProviderUKPRN": np.array([facts.ukprn]),
            "FilePreparationDate": np.array([facts.preparation_date]),
        },
        1,
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
