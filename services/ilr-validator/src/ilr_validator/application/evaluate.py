"""Evaluates single records against a pack: the command `evaluate` and the live check of a form.

One line of input is one record with, if it likes, its own file facts, year dates, code lists and
reference data (spec: docs/reference/ilr-evaluate.md). Schema and field definitions are not checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.facts import FileFacts, Year
from ilr_validator.engine.objects import columns_of, tables_of
from ilr_validator.engine.reference import ReferenceTable, reference_tables
from ilr_validator.engine.rule import Rule, Scope
from ilr_validator.engine.run import findings, run
from ilr_validator.packs.pack import Pack

RECORDS: Final = ("learner", "message", "destination_and_progression")
SCOPES: Final[Mapping[str, frozenset[Scope]]] = {
    "learner": frozenset({"learner"}),
    "message": frozenset({"learner", "message", "destination_and_progression"}),
    "destination_and_progression": frozenset({"destination_and_progression"}),
}
FILE_DATES: Final = frozenset({"preparation_date", "now"})
YEAR_DATES: Final = frozenset(one.name for one in fields(Year))


class LineError(ValueError):
    """A line is not as it should be: which part of it, and what that should be."""

    def __init__(self, where: str, should_be: str, *, name: str = "") -> None:
        super().__init__("the line is not as it should be")
        self.where = f"{where} {name}" if name else where
        self.should_be = should_be

    def __str__(self) -> str:
        """Say it as users read it: "reference lars: must be a list of objects"."""
        return f"{self.where}: must be {self.should_be}"


def evaluate(pack: Pack, line: Mapping[str, Any], *, is_absent_empty: bool) -> dict[str, Any]:
    """Evaluate one record and give what fired and what was not run.

    Raises LineError or FieldValueError where the line is not as it should be.
    """
    kind = line.get("record")
    if kind not in RECORDS:
        raise LineError("record", "learner, message or destination_and_progression")
    record = line.get("input")
    if not isinstance(record, Mapping):
        raise LineError("input", "an object")
    file = _object(line, "file")
    batch = Batch(
        _tables(kind, record, file),
        surroundings(pack, _facts(kind, record, file), line, is_absent_empty=is_absent_empty),
    )
    chosen, not_run = _chosen(pack, line.get("rules"), SCOPES[kind])
    fired: list[dict[str, Any]] = []
    for outcome in run(batch, chosen):
        if outcome.not_run is not None:
            not_run.append(outcome.rule.name)
        fired.extend(
            {
                "rule": finding.rule.name,
                "learnRef": finding.learn_ref_number,
                "aimSeq": finding.aim_seq_number,
                "params": [list(pair) for pair in finding.parameters],
            }
            for finding in findings(batch, outcome)
        )
    return {"id": line.get("id"), "fired": fired, "not_run": not_run}


def surroundings(
    pack: Pack, facts: FileFacts, line: Mapping[str, Any], *, is_absent_empty: bool
) -> Surroundings:
    """Put together what a line's rules may ask: the pack's own, and what the line brings."""
    file, reference = _object(line, "file"), _object(line, "reference")
    changes = {
        name: _date(f"file year {name}", value)
        for name, value in _object(file, "year").items()
        if name in YEAR_DATES
    }
    lists = dict(pack.code_lists)
    tables: dict[type[ReferenceTable], ReferenceTable] = {}
    known = reference_tables()
    for name, content in reference.items():
        if name == "code_lists":
            lists |= {
                key: _code_list(key, codes) for key, codes in _object(reference, name).items()
            }
        elif name in known:
            tables[known[name]] = _reference_table(known[name], content)
        else:
            raise LineError("reference", "a table that is known", name=name)
    return Surroundings(
        year=pack.year.but(**changes),
        constants=pack.constants,
        code_lists=lists,
        file=facts,
        reference=tables,
        is_absent_empty=is_absent_empty,
    )


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name) or {}
    if not isinstance(value, Mapping):
        raise LineError(name, "an object")
    return value


def _date(where: str, value: Any) -> float:
    try:
        return dates.parse(value)
    except (TypeError, ValueError):
        raise LineError(where, "a date, written as 2025-08-31") from None


def _code_list(name: str, codes: Any) -> CodeList:
    """Read a list: ["1", "2"], or [{"code": "LDM034", "from": "2013-08-01", "to": null}]."""
    if not isinstance(codes, list):
        raise LineError("code list", "a list", name=name)
    entries = {}
    for one in codes:
        entry = one if isinstance(one, Mapping) else {"code": one}
        start, end, code = entry.get("from"), entry.get("to"), entry.get("code")
        if code is None:
            raise LineError("code list", "a list of codes", name=name)
        entries[str(code)] = (
            _date(f"code list {name}", start) if start else dates.MIN_DATE,
            _date(f"code list {name}", end) if end else dates.MAX_DATE,
        )
    return CodeList(entries)


def _reference_table(kind: type[ReferenceTable], content: Any) -> ReferenceTable:
    if not isinstance(content, list) or not all(isinstance(row, Mapping) for row in content):
        raise LineError("reference", "a list of objects", name=kind.ENTITY)
    return kind(columns_of(kind, content), len(content))


def _tables(kind: str, record: Mapping[str, Any], file: Mapping[str, Any]) -> Any:
    destinations = _records(file, "destinations")
    if kind == "learner":
        return tables_of([record], destinations=destinations)
    if kind == "destination_and_progression":
        return tables_of([], destinations=[record])
    learners = _records(record, "Learners") or _records(record, "Learner")
    own = _records(record, "LearnerDestinationAndProgressions") or destinations
    return tables_of(learners, message=_header(record), destinations=own)


def _records(holder: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value = holder.get(name) or []
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list) or not all(
        one is None or isinstance(one, Mapping) for one in value
    ):
        raise LineError(name, "a list of objects")
    return value


def _number(where: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise LineError(where, "a number") from None


def _header(record: Mapping[str, Any]) -> dict[str, Any]:
    header = _object(record, "HeaderEntity") or _object(record, "Header")
    collection = _object(header, "CollectionDetailsEntity") or _object(header, "CollectionDetails")
    source = _object(header, "SourceEntity") or _object(header, "Source")
    provider = _object(record, "LearningProviderEntity") or _object(record, "LearningProvider")
    return {**collection, **source, "LearningProviderUKPRN": provider.get("UKPRN")}


def _facts(kind: str, record: Mapping[str, Any], file: Mapping[str, Any]) -> FileFacts:
    facts = FileFacts()
    if kind == "message":
        header = _header(record)
        prepared = header.get("FilePreparationDate")
        facts = replace(
            facts,
            ukprn=_number("LearningProvider", header["LearningProviderUKPRN"] or np.nan),
            preparation_date=_date("FilePreparationDate", prepared) if prepared else np.nan,
        )
    changes = {}
    for one in fields(FileFacts):
        value = file.get(one.name)
        if value is not None:
            read = _date if one.name in FILE_DATES else _number
            changes[one.name] = read(f"file {one.name}", value)
    return replace(facts, **changes)


def _chosen(pack: Pack, names: Any, scopes: frozenset[Scope]) -> tuple[list[Rule], list[str]]:
    if names is None:
        wanted = [name for name, facts in pack.facts.items() if facts.stage == "business"]
    elif isinstance(names, list) and all(isinstance(name, str) for name in names):
        wanted = names
    else:
        raise LineError("rules", "a list of names")
    chosen, not_run = [], []
    for name in wanted:
        rule = pack.rules.get(name)
        if rule is None or rule.scope not in scopes:
            not_run.append(name)
        else:
            chosen.append(rule)
    return chosen, not_run
