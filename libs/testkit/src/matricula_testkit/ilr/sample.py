"""Makes sample files: `python -m matricula_testkit.ilr.sample --learners 1000 --seed 1 --out DIR`.

Streams: memory does not grow with the number of learners. Beside the files stands
`<name>.faults.json`: for each faulty record its position (from 1), LearnRefNumber and the reasons
that must be found, sorted. Faults that need somebody on record go to a second file,
`<name>-second.*`, to be sent after the first has been taken in.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from matricula_testkit.ilr import head, identifiers
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.plan import Plan, TooFewLearnersError, UnknownFaultError, parse
from matricula_testkit.ilr.writers import WRITERS, LearnerFiles

Record = dict[str, Any]
Judged = tuple[Record, frozenset[str]]
FORMATS: Final = tuple(WRITERS)
DEFAULT_UKPRN: Final = 10_000_001
_UNCHANGED: Final = 3
_SECONDS_OF_A_DAY_LEFT: Final = 50_000
_STRANGERS_AFTER: Final = 100
"""Numbers beyond the sample's last learner, for people of whom nothing is on record."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was written: the files of the first and second round, and their lists of faults."""

    paths: tuple[Path, ...]
    faults: Path
    second_paths: tuple[Path, ...] = ()
    second_faults: Path | None = None


def write_sample(
    folder: Path,
    *,
    learners: int,
    seed: int,
    faults: str = "",
    formats: Sequence[str] = ("xml",),
    ukprn: int = DEFAULT_UKPRN,
) -> Sample:
    """Write the files into `folder` (made if absent) and say where they are.

    Raises UnknownFaultError or TooFewLearnersError before anything is written.
    """
    plan = Plan(parse(faults), learners=learners, seed=seed)
    written = head.PREPARED + timedelta(seconds=seed % _SECONDS_OF_A_DAY_LEFT)
    stem = head.stem(ukprn, written=written)
    folder.mkdir(parents=True, exist_ok=True)
    first = head.head(ukprn, written=written, serial=1)
    with LearnerFiles(folder, stem, head=first, formats=formats) as files:
        expected = _write(files, _first_round(plan))
    notes = _note(folder, stem, learners=learners, seed=seed, expected=expected)
    if plan.conflicts == 0:
        return Sample(tuple(files.paths), notes)
    second = head.head(ukprn, written=written + timedelta(days=7), serial=2)
    people = list(_second_round(plan))
    with LearnerFiles(folder, f"{stem}-second", head=second, formats=formats) as more:
        expected = _write(more, iter(people))
    more_notes = _note(folder, f"{stem}-second", learners=len(people), seed=seed, expected=expected)
    return Sample(tuple(files.paths), notes, tuple(more.paths), more_notes)


def _first_round(plan: Plan) -> Iterator[Judged]:
    for index in range(plan.learners):
        record = learner(plan.seed, index)
        yield record, plan.apply(index, record)


def _second_round(plan: Plan) -> Iterator[Judged]:
    """Yield contradictions first, then records that are unchanged, lawfully changed and new."""
    untouched = plan.untouched()
    for number in range(plan.conflicts):
        on_record = next(
            record
            for record in (learner(plan.seed, index) for index in untouched)
            if record["ULN"] != identifiers.TEMPORARY_ULN
        )
        yield contradiction(plan, on_record, number), frozenset({"conflicts_with_person"})
    for index in islice(untouched, _UNCHANGED):
        yield learner(plan.seed, index), frozenset()
    for field, value in (("FamilyName", "Testcase Renamed"), ("DateOfBirth", "1990-01-01")):
        for index in islice(untouched, 1):
            yield {**learner(plan.seed, index), field: value}, frozenset()
    yield learner(plan.seed, plan.learners), frozenset()


def contradiction(plan: Plan, on_record: Record, number: int) -> Record:
    """Return somebody with another name and birth date who claims the identifiers of a person.

    By `number` in turn: the ULN alone, the LearnRefNumber alone, both.
    """
    stranger = next(
        record
        for record in (
            learner(plan.seed, plan.learners + _STRANGERS_AFTER + number + step * 1_000)
            for step in range(10)
        )
        if record["DateOfBirth"] != on_record["DateOfBirth"]
    )
    if number % 3 != 1:
        stranger["ULN"] = on_record["ULN"]
    if number % 3 != 0:
        stranger["LearnRefNumber"] = on_record["LearnRefNumber"]
    return stranger


def _write(files: LearnerFiles, records: Iterator[Judged]) -> list[Record]:
    expected = []
    for position, (record, reasons) in enumerate(records, start=1):
        files.write(record)
        if reasons:
            expected.append(
                {
                    "position": position,
                    "learn_ref_number": record["LearnRefNumber"],
                    "reasons": sorted(reasons),
                }
            )
    return expected


def _note(folder: Path, stem: str, *, learners: int, seed: int, expected: list[Record]) -> Path:
    path = folder / f"{stem}.faults.json"
    notes = {"file": stem, "learners": learners, "seed": seed, "expected": expected}
    path.write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    return path


def main(arguments: Sequence[str]) -> int:
    """Write a sample and print its paths; 2 when the faults asked for cannot be planted."""
    parser = argparse.ArgumentParser(prog="matricula_testkit.ilr.sample", description=__doc__)
    parser.add_argument("--learners", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="", help="all, or schema:3,duplicate_uln:2,…")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--format", choices=(*FORMATS, "all"), default="xml")
    parser.add_argument("--ukprn", type=int, default=DEFAULT_UKPRN)
    options = parser.parse_args(arguments)
    formats = FORMATS if options.format == "all" else (options.format,)
    try:
        sample = write_sample(
            options.out,
            learners=options.learners,
            seed=options.seed,
            faults=options.faults,
            formats=formats,
            ukprn=options.ukprn,
        )
    except UnknownFaultError as error:
        sys.stderr.write(f"unknown fault: {error.asked}\n")
        return 2
    except TooFewLearnersError as error:
        sys.stderr.write(f"{error.learners} learners, these faults need {error.needed}\n")
        return 2
    for path in (*sample.paths, sample.faults, *sample.second_paths, sample.second_faults):
        if path is not None:
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
