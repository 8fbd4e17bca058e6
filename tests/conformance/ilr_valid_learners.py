"""Learners that break no rule of 2025-26, one of each funding model and more, and what judges them.

They stand in `services/ilr-validator/tests/cases/valid-2025-26.json` with the rows of reference
data that they name besides the sample that is shipped. FM35 and FM10 stand for learners carried
over from earlier years.
"""

import csv
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from tests.conformance.ilr_cases import CASES

import ilr_validator
from ilr_validator.adapters.reference.snapshot import load_snapshot
from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.facts import FileFacts
from ilr_validator.engine.objects import columns_of, tables_of
from ilr_validator.engine.reference import ReferenceTable, reference_tables
from ilr_validator.engine.run import findings, run
from ilr_validator.packs.pack import Pack, load

Row = Mapping[str, Any]
PACK: Final = "2025-26"
SAMPLE: Final = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
MAY_STAY_NOT_RUN: Final[Mapping[str, str]] = {
    "Filename_2": "what the provider sent before is not known",
    "Filename_8": "what the provider sent before is not known",
    "Inconsistent UKPRN": "who sends the file is not known",
}
"""Rules that may stay not run, each with its reason: of the whole file only, of a learner none."""
FILE: Final[Mapping[str, Any]] = {
    "ukprn": 10000001,
    "filename_ukprn": 10000001,
    "preparation_date": "2026-02-03",
    "return_period": 6,
    "now": "2026-02-03T10:00:00",
}
"""All facts of the file."""
DATES: Final = ("preparation_date", "now")
HEADER: Final[Mapping[str, Any]] = {
    "Collection": "ILR",
    "Year": "2526",
    "FilePreparationDate": FILE["preparation_date"],
    "UKPRN": FILE["ukprn"],
    "LearningProviderUKPRN": FILE["ukprn"],
    "SerialNo": "1",
    "DateTime": FILE["now"],
}


@functools.cache
def _content() -> Any:
    return orjson.loads((CASES / f"valid-{PACK}.json").read_bytes())


def pack() -> Pack:
    """Give the pack of the year."""
    return load(PACK)


def business_rules() -> list[str]:
    """Give the names of the rules of learners and of the whole file."""
    return [name for name, facts in pack().facts.items() if facts.stage == "business"]


@functools.cache
def learners() -> Mapping[int, Row]:
    """Give the learners by funding model; nobody may change them."""
    return {one["LearningDelivery"][0]["FundModel"]: one for one in _content()["learners"]}


def more_learners() -> Mapping[str, Row]:
    """Give further learners who break no rule, each by what is special about it."""
    return {one["name"]: one["learner"] for one in _content()["more_learners"]}


@functools.cache
def reference_rows() -> Mapping[str, Sequence[Row]]:
    """Give the rows of every reference table: those of the sample, and what the learners need."""
    own = _content()["reference"]
    return {name: [*_sample(name), *own.get(name, ())] for name in reference_tables()}


def _sample(name: str) -> Iterable[Row]:
    path = SAMPLE / f"{name}.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield {column: cell for column, cell in row.items() if cell}


@functools.cache
def snapshot() -> Mapping[type[ReferenceTable], ReferenceTable]:
    """Give the full snapshot: every table is there."""
    known = reference_tables()
    return {known[name]: table_of(known[name], rows) for name, rows in reference_rows().items()}


def table_of(kind: type[ReferenceTable], rows: Sequence[Row]) -> ReferenceTable:
    """Build a reference table of its rows."""
    return kind(columns_of(kind, rows), len(rows))


@functools.cache
def complete_lists() -> Mapping[str, CodeList]:
    """Give the code lists of the pack as the sample has them: all of them complete."""
    return load_snapshot(SAMPLE).code_lists.over(pack().code_lists)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of a file."""

    fired: tuple[tuple[str, str | None, int | None], ...]
    """Rule, learner and aim of each breach."""
    not_run: frozenset[str]


def judged(
    records: Sequence[Row],
    rules: Iterable[str],
    *,
    file: Row = FILE,
    header: Row = HEADER,
    reference: Mapping[type[ReferenceTable], ReferenceTable] | None = None,
    code_lists: Mapping[str, CodeList] | None = None,
) -> Judgement:
    """Judge the learners of a file; by default with the full snapshot and complete code lists."""
    batch = Batch(
        tables_of(records, message=header),
        Surroundings(
            year=pack().year,
            constants=pack().constants,
            code_lists={**complete_lists(), **(code_lists or {})},
            file=_facts(file),
            reference=snapshot() if reference is None else reference,
        ),
    )
    outcomes = [*run(batch, [pack().rules[name] for name in rules])]
    return Judgement(
        fired=tuple(
            (one.rule.name, one.learn_ref_number, one.aim_seq_number)
            for outcome in outcomes
            for one in findings(batch, outcome)
        ),
        not_run=frozenset(one.rule.name for one in outcomes if one.not_run is not None),
    )


def _facts(file: Row) -> FileFacts:
    return FileFacts(
        **{
            name: dates.parse(value) if name in DATES else float(value)
            for name, value in file.items()
            if name in FILE
        }
    )
