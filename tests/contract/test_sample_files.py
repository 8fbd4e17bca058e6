"""What the sample files promise and what the readers of learner-api find in them are the same."""

import json
from typing import Any

import pytest

from learner_api.adapters.files.submission import open_submission
from matricula_testkit.ilr.sample import Sample, write_sample

FOUND_IN_ONE_RECORD = frozenset(
    {
        "schema",
        "uln_check_digit",
        "employer_id_check_digit",
        "duplicate_aim_sequence",
        "dates_inconsistent",
    }
)
FORMATS = ("xml", "csv", "ndjson")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample(folder, learners=400, seed=6, faults="all,schema:24", formats=FORMATS)


def promised(sample: Sample) -> dict[int, tuple[str, list[str]]]:
    notes: dict[str, Any] = json.loads(sample.faults.read_text(encoding="utf-8"))
    found = {}
    for one in notes["expected"]:
        reasons = [reason for reason in one["reasons"] if reason in FOUND_IN_ONE_RECORD]
        if reasons:
            found[one["position"]] = (one["learn_ref_number"], reasons)
    return found


@pytest.mark.parametrize("place", range(len(FORMATS)), ids=FORMATS)
def test_every_planted_fault_is_found_and_nothing_else(sample: Sample, place: int) -> None:
    with sample.paths[place].open("rb") as stream, open_submission(stream) as submission:
        assert submission.format == FORMATS[place]
        records = list(submission.records())
    assert len(records) == 400
    found = {
        record.position: (record.learn_ref_number, list(record.reasons))
        for record in records
        if record.reasons
    }
    assert found == promised(sample)


def test_the_three_formats_hold_the_same_records(sample: Sample) -> None:
    read = []
    for path in sample.paths:
        with path.open("rb") as stream, open_submission(stream) as submission:
            read.append([record.data for record in submission.records() if not record.reasons])
    assert read[0] == read[1] == read[2]
