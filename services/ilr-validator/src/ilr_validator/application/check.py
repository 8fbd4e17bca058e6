"""Checks some learners of a file: field definitions, tight schema, rules for who passed both.

Gives what reports, the valid file and the whole-file rules need of these learners, and keeps
nothing else. Severities are those of the return that is checked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.record import Message
from ilr_validator.engine.rule import Rule
from ilr_validator.engine.run import Finding as RuleFinding
from ilr_validator.engine.run import findings, run
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.field_definitions import (
    SCHEMA,
    Broken,
    Definition,
    broken,
    definitions,
    tight_schema,
)
from ilr_validator.packs.pack import Pack
from ilr_validator.packs.raw import (
    RawTable,
    learner_of,
    typed_tables,
    whole_number_in,
    without,
)
from ilr_validator.packs.record_model import RecordModel

ERROR: Final = "E"


class LearnerDetails(NamedTuple):
    """What reports show of the learner beside a finding, as it stands in the file."""

    uln: str | None
    family_name: str | None
    given_names: str | None
    monitoring_a: str | None
    monitoring_b: str | None


class AimDetails(NamedTuple):
    """What reports show of the aim beside a finding, as it stands in the file."""

    learn_aim_ref: str | None
    sw_sup_aim_id: str | None
    fund_model: str | None
    partner_ukprn: str | None
    monitoring_a: str | None
    monitoring_b: str | None
    monitoring_c: str | None
    monitoring_d: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule by one learner of a file."""

    rule: str
    severity: str
    message: str
    learner: int
    """The position of the learner in the file, from 0; -1 where the file as a whole is meant."""
    aim: int
    """The position of the aim among the learner's aims; -1 where the rule names none."""
    learn_ref_number: str | None
    aim_seq_number: int | None
    parameters: tuple[tuple[str, Any], ...]
    learner_details: LearnerDetails | None
    aim_details: AimDetails | None


@dataclass(slots=True)
class PartResult:
    """What was found in one part of a file."""

    first: int
    """The position of the part's first learner in the file."""
    size: int
    aims: int
    findings: list[Finding]
    has_error: Mask
    has_warning: Mask
    references: list[str | None]
    """LearnRefNumber of each learner, for the rules over the whole file."""
    ulns: Numbers
    fund_models: npt.NDArray[np.uint16]
    """For each learner and each funding model of the pack the number of aims."""
    not_run: Counter[str] = field(default_factory=Counter)
    """Rules that could not be judged, with the number of learners."""
    is_as_written: bool = False
    """Whether every value stands in the file as it was judged: nothing is to be trimmed."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a file is checked: by which rules, with which surroundings, for which return."""

    pack: Pack
    model: RecordModel
    surroundings: Surroundings
    return_name: str | None = None
    wording: Mapping[str, str] = field(default_factory=dict)
    """The publisher's own message of a rule, where a user has imported it."""

    def message(self, rule: str, own: str) -> str:
        """Give the message of a rule: the publisher's where it was imported, ours otherwise."""
        return self.wording.get(rule, own)

    def severity(self, rule: str) -> str:
        """Give the severity of a rule at the return that is checked."""
        if rule == SCHEMA:
            return ERROR
        return self.pack.facts[rule].severity_at(self.return_name)

    def learner_rules(self) -> list[Rule]:
        """Give the implemented rules that look at one learner."""
        return [rule for rule in self.pack.rules.values() if rule.scope == "learner"]

    def definitions(self) -> list[Definition]:
        """Give the field definitions of the pack."""
        return definitions(self.model, self._field_definitions())

    def tight_schema(self) -> list[Definition]:
        """Give what the schema asks of learners beyond the field definitions of the pack."""
        return tight_schema(self.model, self._field_definitions())

    def _field_definitions(self) -> frozenset[str]:
        return frozenset(name for name, facts in self.pack.facts.items() if facts.stage == "field")

    def fund_models(self) -> list[int]:
        """Give the funding models of the pack, ascending: the columns of `fund_models`."""
        return sorted(int(code) for code in self.pack.code_lists["FundModel"].codes)


def check_part(
    raw: Mapping[str, RawTable], check: Check, message: Message, first: int
) -> PartResult:
    """Check learners given as raw tables; `first` is the position of the first one in the file."""
    learners = raw["Learner"]
    part = _Part(raw, check, first)
    result = PartResult(
        first=first,
        size=learners.size,
        aims=raw["LearningDelivery"].size,
        findings=[],
        has_error=np.zeros(learners.size, bool),
        has_warning=np.zeros(learners.size, bool),
        references=_texts(learners.text("LearnRefNumber")),
        ulns=learners.numbers("ULN"),
        fund_models=_fund_models(raw, check.fund_models()),
        is_as_written=all(table.is_as_written for table in raw.values()),
    )
    for stage in (check.definitions(), check.tight_schema()):
        passed = ~result.has_error
        for one in broken(raw, stage, part.parents):
            found = part.of_definition(one)
            part.add(result, (each for each in found if passed[each.learner - first]))
    left_out = result.has_error.copy()
    sound = without(raw, check.model, left_out)
    batch = Batch(typed_tables(sound, check.model, message), check.surroundings)
    kept = np.flatnonzero(~left_out)
    for outcome in run(batch, check.learner_rules()):
        if outcome.not_run is not None:
            result.not_run[outcome.rule.name] += int(outcome.not_run.sum())
        part.add(result, part.of_rule(findings(batch, outcome), kept))
    return result


class _Part:
    """What is needed to say of which learner and which aim a row is."""

    def __init__(self, raw: Mapping[str, RawTable], check: Check, first: int) -> None:
        self.raw = raw
        self.check = check
        self.first = first
        self.owners = learner_of(raw, check.model)
        self.parents = {
            entity.name: parent.name
            for entity, parent in check.model.learner.walk()
            if parent is not None
        }
        aims = raw["LearningDelivery"]
        self.first_aims = np.searchsorted(aims.parent, np.arange(raw["Learner"].size))

    def add(self, result: PartResult, found: Iterable[Finding]) -> None:
        """Add findings, and note which learners have an error or a warning."""
        for finding in found:
            result.findings.append(finding)
            flags = result.has_error if finding.severity == ERROR else result.has_warning
            flags[finding.learner - self.first] = True

    def of_definition(self, one: Broken) -> Iterator[Finding]:
        """Give the findings of a field definition."""
        definition = one.definition
        reported = definition.field or definition.entity
        learners = self.owners[one.entity][one.rows].tolist()
        aims = self._aims(one.entity, one.rows).tolist()
        learner_table, aim_table = self.raw["Learner"], self.raw["LearningDelivery"]
        for place, (learner, aim) in enumerate(zip(learners, aims, strict=True)):
            number = aim_table.at("AimSeqNumber", aim) if aim >= 0 else None
            value = one.values.at(place) if one.values is not None else None
            yield Finding(
                rule=definition.name,
                severity=self.check.severity(definition.name),
                message=self.check.message(definition.name, definition.message),
                learner=learner + self.first,
                aim=aim - int(self.first_aims[learner]) if aim >= 0 else -1,
                learn_ref_number=learner_table.at("LearnRefNumber", learner),
                aim_seq_number=whole_number_in(number),
                parameters=((reported.name, value),),
                learner_details=learner_details(self.raw, learner),
                aim_details=aim_details(self.raw, aim) if aim >= 0 else None,
            )

    def _aims(self, entity: str, rows: Rows) -> Rows:
        while entity != "LearningDelivery":
            if entity not in self.parents:
                return np.full(len(rows), -1, np.intp)
            rows = self.raw[entity].parent[rows]
            entity = self.parents[entity]
        return rows

    def of_rule(self, found: list[RuleFinding], kept: Rows) -> Iterator[Finding]:
        """Give the findings of a rule; `kept` are the learners that reached the rules."""
        for one in found:
            learner = int(kept[one.learner])
            yield Finding(
                rule=one.rule.name,
                severity=self.check.severity(one.rule.name),
                message=self.check.message(one.rule.name, one.rule.message),
                learner=learner + self.first,
                aim=one.aim,
                learn_ref_number=one.learn_ref_number,
                aim_seq_number=one.aim_seq_number,
                parameters=one.parameters,
                learner_details=learner_details(self.raw, learner),
                aim_details=None
                if one.aim < 0
                else aim_details(self.raw, int(self.first_aims[learner]) + one.aim),
            )


def learner_details(raw: Mapping[str, RawTable], row: int) -> LearnerDetails:
    """Give what reports show of a learner."""
    learners = raw["Learner"]
    names = (learners.at(name, row) for name in ("ULN", "FamilyName", "GivenNames"))
    table = raw["ProviderSpecLearnerMonitoring"]
    return LearnerDetails(*names, *_monitorings(table, "ProvSpecLearnMon", row, "AB"))


def aim_details(raw: Mapping[str, RawTable], row: int) -> AimDetails:
    """Give what reports show of an aim."""
    aims = raw["LearningDelivery"]
    names = ("LearnAimRef", "SWSupAimId", "FundModel", "PartnerUKPRN")
    table = raw["ProviderSpecDeliveryMonitoring"]
    monitorings = _monitorings(table, "ProvSpecDelMon", row, "ABCD")
    return AimDetails(*(aims.at(name, row) for name in names), *monitorings)


def _monitorings(table: RawTable, name: str, row: int, occurrences: str) -> list[str | None]:
    first, behind = np.searchsorted(table.parent, (row, row + 1)).tolist()
    said = {
        table.at(f"{name}Occur", place): table.at(name, place) for place in range(first, behind)
    }
    return [said.get(occurrence) for occurrence in occurrences]


def _texts(column: Text) -> list[str | None]:
    return [column.values[code] for code in column.codes.tolist()]


def _fund_models(raw: Mapping[str, RawTable], models: list[int]) -> npt.NDArray[np.uint16]:
    aims = raw["LearningDelivery"]
    counts = np.zeros((raw["Learner"].size, len(models)), np.uint16)
    stated = aims.numbers("FundModel")
    for place, model in enumerate(models):
        counts[:, place] = np.bincount(aims.parent[stated == model], minlength=len(counts))
    return counts
