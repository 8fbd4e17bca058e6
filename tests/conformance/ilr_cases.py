"""Runs the project's own cases of ILR rules, and says what differs.

    python -m tests.conformance.ilr_cases [FILE …]

A case is a record with what one rule must report of it: the aims' sequence numbers, null for a
report that names no aim. The cases were derived from the published texts, not from the definitions.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ilr_validator.application.evaluate import evaluate
from ilr_validator.packs.pack import Pack, load

CASES: Final = Path(__file__).parents[2] / "services" / "ilr-validator" / "tests" / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """One record, and what one rule must say of it."""

    pack: str
    label: str
    line: Mapping[str, Any]

    @property
    def rule(self) -> str:
        return str(self.line["rule"])

    @property
    def fires(self) -> bool:
        return bool(self.line["fires"])


def cases(*files: Path) -> Iterator[Case]:
    for path in files or sorted(CASES.glob("*/*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if line.strip():
                content = orjson.loads(line)
                label = f"{path.parent.name}/{path.name}:{number} {content['rule']}"
                yield Case(path.parent.name, label, content)


def difference(pack: Pack, case: Case) -> str | None:
    """Give what is different from what the case expects; None where nothing is."""
    line = case.line
    request = {
        "id": case.label,
        "record": line.get("record", "learner"),
        "input": line["input"],
        "rules": [case.rule],
        "file": line.get("file", {}),
        "reference": line.get("reference", {}),
    }
    answer = evaluate(pack, request, is_absent_empty=False)
    if answer["not_run"]:
        return "it was not run"
    came = Counter(one["aimSeq"] for one in answer["fired"])
    expected = Counter(line["fires"])
    return None if came == expected else f"expected {dict(expected)}, came {dict(came)}"


def main(names: list[str]) -> int:
    differing = total = 0
    for case in cases(*(Path(name) for name in names)):
        total += 1
        found = difference(load(case.pack), case)
        if found is not None:
            differing += 1
            print(f"{case.label}: {case.line['case']}\n    {found}")
    print(f"{total} cases, {differing} differ")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
