"""Makes a valid learner break one rule of 2025-26, for every rule; counts how many it can.

    python -m tests.conformance.ilr_mutators [--page | RULE …]

A mutator is a line of `mutators-2025-26.jsonl`, written by hand, or a case of the rule that fires,
laid over the valid learner of the funding model that fits it: the mildest way that works is taken.
"""

import copy
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from tests.conformance import ilr_valid_learners as valid
from tests.conformance.ilr_cases import CASES, cases

from ilr_validator.engine import dates
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.reference import ReferenceTable, reference_tables

HAND_MADE: Final = CASES / f"mutators-{valid.PACK}.jsonl"
PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "ilr-valid-learners.md"
HEADING: Final = """# Learners that break no rule of 2025-26, and how each rule is broken

Written by `python -m tests.conformance.ilr_mutators --page`. The learners are synthetic and stand in
`services/ilr-validator/tests/cases/valid-2025-26.json`; they are judged alone, together, as a form
and as a file, with a reference snapshot in which no table is absent, and nothing fires. A mutator
changes one of them so that a rule fires; others may fire too, as some rules imply others.

## Valid learners

FM35 and FM10 stand for learners carried over from before August 2024.
"""
BY_HAND: Final = "by hand"
Lists = Literal["joined", "by place", "replaced"]


@dataclass(frozen=True, slots=True)
class Way:
    """How a case is laid over a valid learner."""

    children: Lists
    """What becomes of the entities below learner and aim: FAMs, employment statuses and so on."""
    keeps_aims: bool
    """Whether the learner keeps the aims that the case does not have."""
    keeps_rows: bool
    """Whether reference tables keep the rows whose keys the case does not bring, and code lists
    stay those of the pack."""

    def __str__(self) -> str:
        """Say it in a few words."""
        aims = "all aims" if self.keeps_aims else "the case's aims"
        return f"{self.children}, {aims}, {'more rows' if self.keeps_rows else 'other rows'}"


WAYS: Final = [
    Way(children, keeps_aims, keeps_rows)
    for keeps_rows in (True, False)
    for keeps_aims in (True, False)
    for children in ("joined", "by place", "replaced")
]
"""From the mildest on."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file of learners that were valid before something was done to one of them."""

    rule: str
    how: str
    learners: Sequence[Mapping[str, Any]]
    header: Mapping[str, Any]
    file: Mapping[str, Any]
    rows: Mapping[str, Any]
    """Rows of reference tables, by table; and `code_lists`."""
    keeps_rows: bool = True

    def fired(self, rules: Sequence[str] | None = None) -> set[str]:
        """Give which of some rules fire; by default, whether its own does."""
        judgement = valid.judged(
            self.learners,
            [self.rule] if rules is None else rules,
            file=self.file,
            header=self.header,
            reference=_snapshot(self.rows, keeps_rows=self.keeps_rows),
            code_lists={} if self.keeps_rows else _code_lists(self.rows),
        )
        return {rule for rule, _, _ in judgement.fired}


@cache
def mutator(rule: str) -> Mutant | None:
    """Give a mutant that breaks the rule; None where none of those tried does."""
    return next((one for one in tried(rule) if rule in one.fired()), None)


def tried(rule: str) -> Iterator[Mutant]:
    """Give the mutants to try for a rule: those written by hand, or those of its cases."""
    if rule in hand_made():
        yield from (_by_hand(line) for line in hand_made()[rule])
        return
    for way in WAYS:
        for line in _firing_cases()[rule]:
            for fund_model in _fitting(line):
                yield _laid_over(fund_model, line, way)


@cache
def hand_made() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Give the mutators written by hand, by rule."""
    found = defaultdict(list)
    for text in HAND_MADE.read_bytes().splitlines():
        line = orjson.loads(text)
        found[line["rule"]].append(line)
    return found


@cache
def _firing_cases() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    found = defaultdict(list)
    for case in cases(*sorted((CASES / valid.PACK).glob("*.jsonl"))):
        if case.fires:
            found[case.rule].append(case.line)
    return found


# Mutators written by hand.


def _by_hand(line: Mapping[str, Any]) -> Mutant:
    """Change a valid learner: `change` maps paths such as "LearningDelivery/0/AimType" to values.

    Null takes something away, a list that begins with "+" adds to a list, and "*" as a place means
    every one. `others` are funding models whose learners are in the file besides.
    """
    learner = copy.deepcopy(valid.learners()[line["learner"]])
    for path, value in line.get("change", {}).items():
        _change(learner, path.split("/"), value)
    others = [valid.learners()[one] for one in line.get("others", ())]
    return Mutant(
        rule=line["rule"],
        how=BY_HAND,
        learners=[] if line.get("no_learner") else [learner, *others],
        header={**valid.HEADER, **line.get("header", {})},
        file={**valid.FILE, **line.get("file", {})},
        rows=line.get("reference", {}),
        keeps_rows=not line.get("other_rows", False),
    )


def _change(where: Any, path: Sequence[str], value: Any) -> None:
    step, *rest = path
    if step == "*":
        for one in where:
            _change(one, rest, value)
    elif rest:
        _change(where[int(step)] if isinstance(where, list) else where[step], rest, value)
    elif isinstance(where, list):
        if value is None:
            del where[int(step)]
        else:
            where[int(step)] = value
    elif value is None:
        where.pop(step, None)
    elif isinstance(value, list) and value[:1] == ["+"]:
        where[step] = [*where.get(step, ()), *copy.deepcopy(value[1:])]
    else:
        where[step] = copy.deepcopy(value)


# Mutators made of cases.


def _fitting(line: Mapping[str, Any]) -> list[int]:
    """Give the funding models in the order in which they fit a case."""
    given = _learners_of(line)
    named = [aim.get("FundModel") for one in given for aim in one.get("LearningDelivery", ())]
    text = orjson.dumps(line["input"]).decode()
    likely = [
        *(one for one in named if one in valid.learners()),
        *(99 for part in ("LearnerHE", "LearningDeliveryHE", '"ADL"') if part in text),
        *(36 for part in ('"ProgType":25', "AppFinRecord", '"ACT"') if part in text),
        *(25 for part in ("WorkPlacement", "EngGrade", "MathGrade") if part in text),
        38,
    ]
    return list(dict.fromkeys([*likely, *valid.learners()]))


def _learners_of(line: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if line.get("record", "learner") == "learner":
        return [line["input"]]
    return list(line["input"].get("Learner") or ())


def _laid_over(fund_model: int, line: Mapping[str, Any], way: Way) -> Mutant:
    base, given = valid.learners()[fund_model], _learners_of(line)
    header = {**valid.HEADER, **_header_of(line)}
    file = {**valid.FILE, **_facts_of(header), **line.get("file", {})}
    return Mutant(
        rule=line["rule"],
        how=f"{fund_model}: {way}",
        learners=[_merged(base, one, way) for one in given],
        header=header,
        file={name: value for name, value in file.items() if value is not None},
        rows=line.get("reference", {}),
        keeps_rows=way.keeps_rows,
    )


def _header_of(line: Mapping[str, Any]) -> dict[str, Any]:
    if line.get("record", "learner") == "learner":
        return {}
    header = line["input"].get("Header", {})
    provider = line["input"].get("LearningProvider", {}).get("UKPRN")
    return {
        **header.get("CollectionDetails", {}),
        **header.get("Source", {}),
        **({"LearningProviderUKPRN": provider} if provider else {}),
    }


def _facts_of(header: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ukprn": header["LearningProviderUKPRN"],
        "preparation_date": header["FilePreparationDate"],
    }


def _merged(base: Mapping[str, Any], given: Mapping[str, Any], way: Way) -> dict[str, Any]:
    """Lay a record over another: what is given wins, null takes a field away."""
    result = dict(base)
    for name, value in given.items():
        before = base.get(name)
        if value is None:
            result.pop(name, None)
        elif name == "LearningDelivery":
            result[name] = _by_place(before or [], value, way, keeps_rest=way.keeps_aims)
        elif isinstance(value, list) and isinstance(before, list):
            result[name] = _children(before, value, way)
        elif isinstance(value, Mapping) and isinstance(before, Mapping):
            result[name] = _merged(before, value, way)
        else:
            result[name] = value
    return result


def _children(before: list[Any], given: list[Any], way: Way) -> list[Any]:
    if way.children == "joined" and given:
        return [*before, *(one for one in given if one not in before)]
    if way.children == "by place" and given:
        return _by_place(before, given, way, keeps_rest=True)
    return given


def _by_place(before: list[Any], given: list[Any], way: Way, *, keeps_rest: bool) -> list[Any]:
    pairs = [
        _merged(before[place] if place < len(before) else before[-1] if before else {}, one, way)
        for place, one in enumerate(given)
    ]
    return [*pairs, *(before[len(given) :] if keeps_rest else ())]


# Reference data.


def _snapshot(
    rows: Mapping[str, Any], *, keeps_rows: bool
) -> Mapping[type[ReferenceTable], ReferenceTable]:
    found = dict(valid.snapshot())
    for name, own in rows.items():
        if name != "code_lists":
            kind = reference_tables()[name]
            keys = {str(row.get(kind.KEY)).upper() for row in own}
            before = valid.reference_rows()[name] if keeps_rows else ()
            kept = [row for row in before if str(row.get(kind.KEY)).upper() not in keys]
            found[kind] = valid.table_of(kind, [*kept, *own])
    return found


def _code_lists(rows: Mapping[str, Any]) -> dict[str, CodeList]:
    return {
        name: CodeList(dict(_code(one) for one in codes))
        for name, codes in rows.get("code_lists", {}).items()
    }


def _code(code: str | Mapping[str, str]) -> tuple[str, tuple[float, float]]:
    entry = {"code": code} if isinstance(code, str) else code
    start, end = entry.get("from"), entry.get("to")
    return entry["code"], (
        dates.parse(start) if start else dates.MIN_DATE,
        dates.parse(end) if end else dates.MAX_DATE,
    )


def page() -> str:
    """Give the page on valid learners and mutators; see its heading."""
    rules = valid.business_rules()
    found = {rule: mutator(rule) for rule in rules}
    fired = [one for one in found.values() if one is not None]
    by_hand = sum(one.how == BY_HAND for one in fired)
    missing = [rule for rule, one in found.items() if one is None]
    special = {
        f"funding model {fund_model}": learner for fund_model, learner in valid.learners().items()
    } | dict(valid.more_learners())
    return "\n".join(
        [
            HEADING,
            "| learner | aims |\n|---|---:|",
            *(f"| {name} | {len(one['LearningDelivery'])} |" for name, one in special.items()),
            "\n## Rules that stay not run\n",
            "For a valid learner none. For a file these, as the file alone does not tell:\n",
            *(f"- {rule}: {reason}" for rule, reason in valid.MAY_STAY_NOT_RUN.items()),
            "\n## Mutators\n",
            f"{len(fired)} of {len(rules)} rules have a mutator that breaks them.",
            f"{by_hand} are written by hand, {len(fired) - by_hand} made of a case of the rule.",
            *(f"None has {rule}." for rule in missing),
            "",
        ]
    )


def main(names: list[str]) -> int:
    if names == ["--page"]:
        PAGE.write_text(page(), "utf-8")
        return 0
    rules = valid.business_rules()
    ways: Counter[str] = Counter()
    for rule in names or rules:
        found = mutator(rule)
        ways["none" if found is None else found.how.rpartition(": ")[2]] += 1
        if found is None or names:
            others = sorted(found.fired(rules) - {rule}) if found else []
            print(rule, found.how if found else "has no mutator that breaks it", *others)
    for way, count in ways.most_common():
        print(f"{count:5} {way}")
    return int(ways["none"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
