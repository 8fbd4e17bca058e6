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


def evaluate(pack: Pack, line: Mapping[str, Any], *, is_absent_empty: bool) -> dict[str, Any]:
    """Evaluate one record and give what fired and what was not run.

    Raises ValueError, saying what is wrong, where the line is not as it should be.
    """
    kind = line.get("record")
    if kind not in RECORDS:
        raise ValueError(f"record must be one of {', '.join(RECORDS)}")
    record = line.get("input")
    if not isinstance(record, Mapping):
        raise ValueError("input must be an object")  # noqa: TRY004 - what users send
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
        name: dates.parse(value)
        for name, value in _object(file, "year").items()
        if name in YEAR_DATES
    }
    lists = dict(pack.code_lists)
    tables: dict[type[ReferenceTable], ReferenceTable] = {}
    known = reference_tables()
    for name, content in reference.items():
        if name == "code_lists":
            lists |= {key: _code_list(key, codes) for key, codes in content.items()}
        elif name in known:
            tables[known[name]] = _reference_table(known[name], content)
        else:
            raise ValueError(f"reference: there is no table {name}")
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
        raise ValueError(f"{name} must be an object")  # noqa: TRY004 - what users send
    return value


def _code_list(name: str, codes: Any) -> CodeList:
    """Read a list: ["1", "2"], or [{"code": "LDM034", "from": "2013-08-01", "to": null}]."""
    if not isinstance(codes, list):
        raise ValueError(f"code list {name} must be a list")  # noqa: TRY004 - what users send
    entries = {}
    for one in codes:
        entry = one if isinstance(one, Mapping) else {"code": one}
        start, end = entry.get("from"), entry.get("to")
        entries[str(entry["code"])] = (
            dates.parse(start) if start else dates.MIN_DATE,
            dates.parse(end) if end else dates.MAX_DATE,
        )
    return CodeList(entries)


def _reference_table(kind: type[ReferenceTable], content: Any) -> ReferenceTable:
    if not isinstance(content, list) or not all(isinstance(row, Mapping) for row in content):
        raise ValueError(f"reference: {kind.ENTITY} must be a list of objects")
    return kind(columns_of(kind, content), len(content))


def _tables(kind: str, record: Mapping[str, Any], file: Mapping[str, Any]) -> Any:
    destinations: Sequence[Any] = file.get("destinations") or ()
    if kind == "learner":
        return tables_of([record], destinations=destinations)
    if kind == "destination_and_progression":
        return tables_of([], destinations=[record])
    learners = record.get("Learners") or record.get("Learner") or []
    own = record.get("LearnerDestinationAndProgressions") or destinations
    return tables_of(learners, message=_header(record), destinations=own)


def _header(record: Mapping[str, Any]) -> dict[str, Any]:
    header = record.get("HeaderEntity") or record.get("Header") or {}
    collection = header.get("CollectionDetailsEntity") or header.get("CollectionDetails") or {}
    source = header.get("SourceEntity") or header.get("Source") or {}
    provider = record.get("LearningProviderEntity") or record.get("LearningProvider") or {}
    return {**collection, **source, "LearningProviderUKPRN": provider.get("UKPRN")}


def _facts(kind: str, record: Mapping[str, Any], file: Mapping[str, Any]) -> FileFacts:
    facts = FileFacts()
    if kind == "message":
        header = _header(record)
        prepared = header.get("FilePreparationDate")
        facts = replace(
            facts,
            ukprn=header["LearningProviderUKPRN"] or np.nan,
            preparation_date=dates.parse(prepared) if prepared else np.nan,
        )
    changes = {}
    for one in fields(FileFacts):
        value = file.get(one.name)
        if value is not None:
            changes[one.name] = dates.parse(value) if one.name in FILE_DATES else float(value)
    return replace(facts, **changes)


def _chosen(pack: Pack, names: Any, scopes: frozenset[Scope]) -> tuple[list[Rule], list[str]]:
    if names is None:
        wanted = [name for name, facts in pack.facts.items() if facts.stage == "business"]
    elif isinstance(names, list) and all(isinstance(name, str) for name in names):
        wanted = names
    else:
        raise ValueError("rules must be a list of names")
    chosen, not_run = [], []
    for name in wanted:
        rule = pack.rules.get(name)
        if rule is None or rule.scope not in scopes:
            not_run.append(name)
        else:
            chosen.append(rule)
    return chosen, not_run
