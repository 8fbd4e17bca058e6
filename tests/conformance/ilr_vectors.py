"""Reads the recorded vectors of the official engine, runs them, and says what differs.

    python -m tests.conformance.ilr_vectors [RULE …]

prints for each line that differs what was expected and what came, and the counts at the end.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from tests.conformance.ilr_recorded_answers import NotExpressibleError, what_was_answered
from tests.conformance.ilr_recorded_calendar import calendar_as_recorded

from ilr_validator.application.evaluate import evaluate
from ilr_validator.packs.pack import Pack, load

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "ilr"
PLAIN: Final = DATA / "vectors-2020-21.jsonl"
WITH_REFERENCE: Final = DATA / "vectors-2020-21-with-reference-data.jsonl"
NAME_ONLY: Final = frozenset({"FINTYPE_01", "FINTYPE_02", "ULN_11", "LearnerHE_02"})
"""Rules that hand over a whole record as a parameter: its name is compared alone."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One recorded case."""

    label: str
    line: Mapping[str, Any]

    @property
    def rule(self) -> str:
        return str(self.line["rule"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case came out: `equal`, `different`, `not run` or `not expressible`."""

    result: str
    detail: str = ""


def vectors(path: Path) -> Iterator[Vector]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            content = orjson.loads(line)
            yield Vector(f"{path.stem}:{number} {content['id']}", content)


def judge(pack: Pack, vector: Vector) -> Verdict:
    line = vector.line
    request: dict[str, Any] = {
        "id": line["id"], "record": line["record"], "input": line["input"], "rules": [vector.rule],
    }  # fmt: skip
    if "reference_calls" in line:
        try:
            request |= what_was_answered(line, is_calendar_recorded=True)
        except NotExpressibleError as error:
            return Verdict("not expressible", str(error))
    if vector.rule not in pack.rules:
        return Verdict("not run", "nobody has implemented the rule")
    with calendar_as_recorded(line):
        answer = evaluate(pack, request, is_absent_empty=True)
    if answer["not_run"]:
        return Verdict("not run", "it said so itself")
    expected = Counter((one["rule"], one["learnRef"], one["aimSeq"]) for one in line["fired"])
    came = Counter((one["rule"], one["learnRef"], one["aimSeq"]) for one in answer["fired"])
    if expected != came:
        return Verdict("different", f"expected {dict(expected)}, came {dict(came)}")
    if "params" in line:
        wanted = Counter(_comparable(vector.rule, *pair) for pair in line["params"])
        given = Counter(
            _comparable(vector.rule, *pair) for one in answer["fired"] for pair in one["params"]
        )
        if wanted != given:
            return Verdict(
                "different",
                f"parameters expected {dict(wanted - given)}, came {dict(given - wanted)}",
            )
    return Verdict("equal")


def _comparable(rule: str, name: str, value: Any) -> tuple[str, str]:
    if rule in NAME_ONLY and (isinstance(value, list | dict) or rule == "LearnerHE_02"):
        return name, ""
    if rule in NAME_ONLY:
        return name, ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    if len(text) >= 10 and text[4] == text[7] == "-" and text[:4].isdigit():
        text = f"{text[8:10]}/{text[5:7]}/{text[:4]}"
    return name, text


def main(names: list[str]) -> int:
    pack = load("2020-21")
    counts: Counter[str] = Counter()
    for path in (PLAIN, WITH_REFERENCE):
        for vector in vectors(path):
            if names and vector.rule not in names:
                continue
            verdict = judge(pack, vector)
            counts[f"{path.stem}: {verdict.result}"] += 1
            if verdict.result != "equal" and (names or verdict.detail[:6] != "nobody"):
                print(f"{verdict.result}: {vector.label}\n    {verdict.detail}")
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")
    return int(any(not name.endswith(": equal") for name in counts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
