"""How fast rules are in columns, beside the same rules as plain Python for each learner.

Input as the specification says: 100,000 learners with three aims each, 2 % of them with planted
faults, a reference snapshot. The baseline holds twenty named rules, written for one learner at a
time; the ratio is per rule and learner. One core, one process, the time of the processor: what else
the computer does is not counted. Nothing is asserted.
"""

import gc
import itertools
import time
from typing import Any, Final

from tests.performance.ilr_learners import learners, reference
from tests.performance.ilr_plain_rules import PLAIN_RULES, Plain

from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.facts import FileFacts
from ilr_validator.engine.objects import columns_of, tables_of
from ilr_validator.engine.reference import ReferenceTable, reference_tables
from ilr_validator.engine.rule import Rule
from ilr_validator.engine.run import findings
from ilr_validator.engine.run import run as evaluate
from ilr_validator.packs.pack import Pack, load

LEARNERS: Final = 100_000
PART: Final = 20_000
PLAIN_LEARNERS: Final = 5_000


async def run() -> list[dict[str, Any]]:
    """Measure and give the rows of the page."""
    gc.freeze()
    gc.disable()  # as the processes that check files do
    pack = load("2020-21")
    around = _surroundings(pack)
    rules = [rule for rule in pack.rules.values() if rule.scope == "learner"]
    twenty = [rule for rule in rules if rule.name in PLAIN_RULES]
    building, whole, few, found = _columns(rules, twenty, around)
    plain = _plain()
    each = round(plain / 20 * 1e9)
    baseline = "plain Python, 20 rules, ns for a rule and learner"
    return [
        _row(f"pack 2020-21, {len(rules)} rules, hits reported, columns built before", whole,
             baseline, each, plain / 20 / (whole / len(rules))),
        _row("the same, building the columns from objects included", whole + building,
             baseline, each, plain / 20 / ((whole + building) / len(rules))),
        _row("the twenty rules of the baseline in columns", few,
             "the same twenty as plain Python, learners/s", round(1 / plain), plain / few),
        {"name": "findings in that input", "value": round(found / LEARNERS * 1000),
         "unit": "for 1,000 learners"},
    ]  # fmt: skip


def _row(
    name: str, seconds: float, baseline: str, baseline_value: int, ratio: float
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(1 / seconds),
        "unit": "learners/s",
        "baseline": baseline,
        "baseline_value": baseline_value,
        "ratio": round(ratio, 1),
    }


def _surroundings(pack: Pack) -> Surroundings:
    return Surroundings(
        year=pack.year,
        constants=pack.constants,
        code_lists=pack.code_lists,
        file=FileFacts(
            ukprn=10_000_001,
            filename_ukprn=10_000_001,
            preparation_date=dates.day(2021, 2, 3),
            return_period=6,
            now=dates.day(2021, 2, 3),
        ),
        reference=_reference(),
    )


def _reference() -> dict[type[ReferenceTable], ReferenceTable]:
    """Give every table: with rows where the learners need some, empty otherwise."""
    rows = reference(LEARNERS)
    return {
        kind: kind(columns_of(kind, rows.get(name, [])), len(rows.get(name, [])))
        for name, kind in reference_tables().items()
    }


def _columns(
    rules: list[Rule], twenty: list[Rule], around: Surroundings
) -> tuple[float, float, float, int]:
    building = whole = few = 0.0
    found = 0
    for part in _parts():
        began = time.process_time()
        tables = tables_of(part)
        built = time.process_time()
        batch = Batch(tables, around)
        found += sum(len(findings(batch, outcome)) for outcome in evaluate(batch, rules))
        ended = time.process_time()
        batch = Batch(tables_of(part), around)
        again = time.process_time()
        for outcome in evaluate(batch, twenty):
            findings(batch, outcome)
        few += time.process_time() - again
        building += built - began
        whole += ended - built
        gc.collect()
    return building / LEARNERS, whole / LEARNERS, few / LEARNERS, found


def _parts() -> Any:
    every = learners(LEARNERS)
    while part := list(itertools.islice(every, PART)):
        yield part


def _plain() -> float:
    objects = [Plain(one) for one in learners(PLAIN_LEARNERS)]
    rules = list(PLAIN_RULES.values())
    began = time.process_time()
    for one in objects:
        for rule in rules:
            rule(one)
    return (time.process_time() - began) / PLAIN_LEARNERS
