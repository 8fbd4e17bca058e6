"""Sample files as the command writes them."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.plan import Plan
from matricula_testkit.ilr.sample import Sample, contradiction, main, write_sample

SCHEMA = Path(__file__).resolve().parents[5] / "shared/data/ilr/official/schema-2025-26.xsd"
LINES_BEFORE_THE_FIRST_LEARNER = 4


@pytest.fixture(scope="module")
def schema() -> Any:
    if not SCHEMA.is_file():
        pytest.skip(f"{SCHEMA.name} is not beside the checkout")
    return etree.XMLSchema(etree.parse(SCHEMA))


def notes_of(path: Path | None) -> dict[str, Any]:
    assert path is not None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def people_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.parametrize("seed", [1, 42])
def test_a_clean_file_passes_the_official_schema(schema: Any, tmp_path: Path, seed: int) -> None:
    sample = write_sample(tmp_path, learners=600, seed=seed)
    assert schema.validate(etree.parse(sample.paths[0])), schema.error_log
    assert notes_of(sample.faults)["expected"] == []


def test_the_official_schema_finds_fault_with_exactly_the_records_that_break_it(
    schema: Any, tmp_path: Path
) -> None:
    sample = write_sample(tmp_path, learners=600, seed=3, faults="all")
    schema.validate(etree.parse(sample.paths[0]))
    found = {entry.line - LINES_BEFORE_THE_FIRST_LEARNER for entry in schema.error_log}
    expected = notes_of(sample.faults)["expected"]
    assert found == {one["position"] for one in expected if "schema" in one["reasons"]}
    assert schema.validate(etree.parse(sample.second_paths[0])), schema.error_log


def test_positions_and_reference_numbers_of_the_notes_are_those_of_the_file(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, learners=300, seed=5, faults="all", formats=("ndjson",))
    people = people_of(sample.paths[0])
    notes = notes_of(sample.faults)
    assert notes["learners"] == len(people) == 300
    positions = [one["position"] for one in notes["expected"]]
    assert positions == sorted(set(positions))
    for one in notes["expected"]:
        assert people[one["position"] - 1]["LearnRefNumber"] == one["learn_ref_number"]
        assert one["reasons"] == sorted(set(one["reasons"])) != []


def _matches(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return any(one[name] == other[name] for name in ("ULN", "LearnRefNumber"))


def test_the_second_file_contradicts_people_of_the_first_where_it_says_so(tmp_path: Path) -> None:
    sample = write_sample(
        tmp_path, learners=60, seed=5, faults="conflicts_with_person:6", formats=("ndjson",)
    )
    first = people_of(sample.paths[0])
    second = people_of(sample.second_paths[0])
    expected = notes_of(sample.second_faults)["expected"]
    assert notes_of(sample.faults)["expected"] == []
    assert [one["reasons"] for one in expected] == [["conflicts_with_person"]] * 6
    wrong = {one["position"] for one in expected}
    for position, record in enumerate(second, start=1):
        contradicts = any(
            _matches(record, known)
            and record["FamilyName"] != known["FamilyName"]
            and record["DateOfBirth"] != known["DateOfBirth"]
            for known in first
            if record["ULN"] != 9_999_999_999 or record["LearnRefNumber"] == known["LearnRefNumber"]
        )
        assert contradicts == (position in wrong)
    assert sum(record in first for record in second) == 3, "some come again unchanged"
    assert len({record["LearnRefNumber"] for record in second}) == len(second)


def test_a_contradiction_never_has_the_birth_date_of_the_person_on_record() -> None:
    plan = Plan((), learners=10, seed=1)
    on_record = learner(1, 0)
    first_choice = contradiction(plan, on_record, 0)["DateOfBirth"]
    twin = {**on_record, "DateOfBirth": first_choice}
    assert contradiction(plan, twin, 0)["DateOfBirth"] != first_choice


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    samples = [
        write_sample(tmp_path / name, learners=50, seed=9, faults="all", formats=("xml", "csv"))
        for name in ("one", "two")
    ]
    for one, two in zip(_paths(samples[0]), _paths(samples[1]), strict=True):
        assert one.name == two.name
        assert one.read_bytes() == two.read_bytes()


def _paths(sample: Sample) -> list[Path]:
    more = [] if sample.second_faults is None else [sample.second_faults]
    return [*sample.paths, sample.faults, *sample.second_paths, *more]


def test_memory_does_not_grow_with_the_number_of_learners(tmp_path: Path) -> None:
    peaks = []
    write_sample(tmp_path, learners=10, seed=1)
    for learners in (300, 3_000):
        tracemalloc.start()
        write_sample(tmp_path, learners=learners, seed=1, formats=("xml", "csv", "ndjson"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


def test_the_command_prints_the_paths_of_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        [
            *("--learners", "60", "--seed", "2", "--faults", "all", "--format", "all"),
            *("--ukprn", "10007777", "--out", str(tmp_path)),
        ]
    )
    printed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert all(path.is_file() for path in printed)
    assert {path.suffix for path in printed} == {".xml", ".csv", ".ndjson", ".json"}
    assert printed[0].name == "ILR-10007777-2526-20260203-091502-01.xml"
    assert b"<UKPRN>10007777</UKPRN>" in printed[0].read_bytes()


@pytest.mark.parametrize(
    ("faults", "learners", "says"), [("schemma", 10, "schemma"), ("all", 10, "these faults need")]
)
def test_the_command_refuses_what_it_cannot_plant_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], faults: str, learners: int, says: str
) -> None:
    out = tmp_path / "out"
    code = main(["--learners", str(learners), "--faults", faults, "--out", str(out)])
    assert code == 2
    assert says in capsys.readouterr().err
    assert not out.exists()
