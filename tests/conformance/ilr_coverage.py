"""Writes docs/reference/ilr-rules.md: for each rule of each pack what proves it.

    python -m tests.conformance.ilr_coverage [--check]

A rule counts as implemented only where a case of it passes. `--check` says whether the page is what
would be written, and changes nothing.
"""

import inspect
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tests.conformance.ilr_cases import cases, difference
from tests.conformance.ilr_vectors import PLAIN, WITH_REFERENCE, judge, vectors

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.rule import Rule
from ilr_validator.packs.data_files import base_of
from ilr_validator.packs.pack import Pack, available, load

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "ilr-rules.md"
KEPT_FROM: Final = "2020-21"
HEADING: Final = """# The ILR rules, one by one

Written by `python -m tests.conformance.ilr_coverage`. For each rule that is in force in a year: its
severity (W1→E4: a warning that turns into an error at R04), the reference tables that its
evaluation was seen to ask, and what proves it. *Recorded*: cases recorded from the official engine
of 2020-21, for the rules of that year and those whose definition a later year keeps. *Own*: cases
of the project (a year by differences keeps those of its base), derived from the published texts by somebody who had not read the definition.
*Generated*: field definitions are proved by one value that breaks and one that keeps each of them.

A rule without a passed case does not count as implemented, whatever the code says.
"""


@dataclass(slots=True)
class Proof:
    """What was seen of one rule."""

    recorded: int = 0
    own: int = 0
    wrong: int = 0
    tables: set[str] = field(default_factory=set)


@contextmanager
def tables_asked(into: set[str]) -> Iterator[None]:
    """Note which reference tables rules ask for."""
    whole = Batch.whole

    def noting(self: Batch, kind: Any, *args: Any) -> Any:
        into.add(kind.ENTITY)
        return whole(self, kind, *args)

    Batch.whole = noting  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Batch.whole = whole  # type: ignore[method-assign]


def recorded_proofs() -> dict[str, Proof]:
    """Judge every recorded case; by the name that a rule has in 2020-21."""
    proofs: dict[str, Proof] = defaultdict(Proof)
    pack = load(KEPT_FROM)
    for path in (PLAIN, WITH_REFERENCE):
        for vector in vectors(path):
            proof = proofs[vector.rule]
            with tables_asked(proof.tables):
                is_equal = judge(pack, vector).result == "equal"
            proof.recorded += is_equal
            proof.wrong += not is_equal
    return proofs


def proofs_of(pack: Pack, recorded: dict[str, Proof]) -> dict[str, Proof]:
    """Put together what proves the rules of a pack: its own cases, and those of what it keeps."""
    proofs: dict[str, Proof] = defaultdict(Proof)
    earlier = {KEPT_FROM: recorded}
    base = base_of(pack.name)
    if base is not None:
        earlier[base] = proofs_of(load(base), recorded)
    for earlier_name, known in earlier.items():
        kept = {_definition(rule): name for name, rule in load(earlier_name).rules.items()}
        for name, rule in pack.rules.items():
            old = kept.get(_definition(rule))
            if old in known and not proofs[name].recorded + proofs[name].own:
                proofs[name] = replace(known[old], tables=set(known[old].tables))
    for case in cases():
        if case.pack == pack.name:
            with tables_asked(proofs[case.rule].tables):
                is_equal = difference(pack, case) is None
            proofs[case.rule].own += is_equal
            proofs[case.rule].wrong += not is_equal
    return proofs


def _definition(rule: Rule) -> object:
    return inspect.unwrap(rule.breaks)


def page() -> str:
    """Give the page."""
    recorded = recorded_proofs()
    parts = [HEADING]
    for name in available():
        pack = load(name)
        parts += _of_pack(pack, proofs_of(pack, recorded))
    return "\n".join(parts)


def _of_pack(pack: Pack, proofs: dict[str, Proof]) -> Iterator[str]:
    counts: Counter[str] = Counter()
    rows = []
    for name, facts in sorted(pack.facts.items()):
        proof = proofs[name]
        state = _state(pack, name, facts.stage, proof)
        counts[f"{facts.stage}: {state}"] += 1
        switch = "".join(
            f"→{to}{start[1:].lstrip('0')}" for start, to in facts.severity_from.items()
        )
        severity = facts.severity + (f"1{switch}" if switch else "")
        marks = " online" if facts.is_online_only else ""
        rows.append(
            f"| {name} | {severity}{marks} | {state} | {' '.join(sorted(proof.tables))} |"
            f" {proof.recorded or ''} | {proof.own or ''} |"
        )
    yield f"## {pack.name}, version {pack.version}{' (provisional)' if pack.is_provisional else ''}\n"
    yield "| stage and state | rules |\n|---|---:|"
    yield from (f"| {state} | {count} |" for state, count in sorted(counts.items()))
    yield "\n| rule | severity | state | reference tables | recorded | own |\n|---|---|---|---|---:|---:|"
    yield from rows
    yield ""


def _state(pack: Pack, name: str, stage: str, proof: Proof) -> str:
    if name in pack.not_implemented:
        return "not run"
    if stage != "business":
        return "generated" if stage == "field" else "file stage"
    if proof.wrong:
        return "wrong"
    return "proved" if proof.recorded + proof.own else "without a case"


def main(arguments: list[str]) -> int:
    written = page()
    if "--check" in arguments:
        return int(PAGE.read_text("utf-8") != written)
    PAGE.write_text(written, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
