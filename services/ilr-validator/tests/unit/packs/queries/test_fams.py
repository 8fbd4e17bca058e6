"""Which aims and learners carry which funding and monitoring codes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.packs.queries import fams

Build = Callable[..., Batch]


def fam(name: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {
        "LearnDelFAMType": name[:3],
        "LearnDelFAMCode": name[3:],
        "LearnDelFAMDateFrom": start,
        "LearnDelFAMDateTo": end,
    }


def aim(*own: dict[str, Any]) -> dict[str, Any]:
    return {"LearningDeliveryFAMs": list(own)}


def test_types_and_codes_are_found_whatever_the_letter_case(aims: Build) -> None:
    b = aims(aim(fam("ldm034"), fam("SOF105")), aim(), {"LearningDeliveryFAMs": None})
    assert fams.has_fam(b, "LDM").tolist() == [True, False, False]
    assert fams.has_fam(b, "LDM", "318", "034").tolist() == [True, False, False]
    assert fams.has_fam(b, "LDM", "105").tolist() == [False, False, False]
    assert fams.fams_of(b, "SOF").tolist() == [False, True]
    assert fams.fam_count(b, "LDM").tolist() == [1, 0, 0]


def test_a_fam_is_looked_for_by_the_day_it_starts(aims: Build) -> None:
    b = aims(aim(fam("ACT1", "2020-01-01"), fam("LSF1", "2020-01-02")), aim(fam("ACT1")))
    dates = np.array([day(2020, 1, 1), day(2020, 1, 1)])
    assert fams.has_fam_from(b, "ACT", dates).tolist() == [True, False]
    assert fams.has_fam_from(b, "LSF", dates).tolist() == [False, False]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([], []),
        ([fam("LSF1", "2020-01-01")], []),
        ([fam("LSF1", "2020-01-01", "2020-01-31"), fam("LSF1", "2020-02-01")], []),
        ([fam("LSF1", "2020-01-01", "2020-02-01"), fam("LSF1", "2020-02-01")], [1]),
        ([fam("LSF1", "2020-02-01"), fam("LSF1", "2020-01-01", "2020-02-01")], [0]),
        ([fam("LSF1", "2020-01-01"), fam("LSF1", "2020-02-01")], [1]),
        ([fam("LSF1", None, "2020-03-01"), fam("LSF1", "2020-01-01")], [0]),
        ([fam("LSF1", None, "2020-03-01"), fam("LSF1", "2020-01-01", "2020-02-01")], []),
        ([fam("LSF1"), fam("LSF1")], []),
        ([fam("LSF1", "2020-01-01"), fam("ACT1", "2020-02-01")], []),
        ([fam("lsf1", "2020-01-01"), fam("LSF1", "2020-01-01"), fam("LSF1", "2020-01-01")], [1, 2]),
    ],
)
def test_fams_overlap_with_the_one_that_starts_before(
    aims: Build, own: list[dict[str, Any]], expected: list[int]
) -> None:
    assert np.flatnonzero(fams.overlapping_fams(aims(aim(*own)), "LSF")).tolist() == expected


def test_fams_of_two_aims_do_not_overlap(aims: Build) -> None:
    b = aims(aim(fam("LSF1", "2020-01-01")), aim(fam("LSF1", "2020-02-01")))
    assert not fams.overlapping_fams(b, "LSF").any()


def test_learner_fams_are_found_by_type_and_code(learners: Build) -> None:
    own = [("hns", 1), ("HNS", 1), ("LSR", 55)]
    b = learners(
        {"LearnerFAMs": [{"LearnFAMType": name, "LearnFAMCode": code} for name, code in own]}, {}
    )
    assert fams.has_learner_fam(b, "HNS").tolist() == [True, False]
    assert fams.has_learner_fam(b, "LSR", 55, 56).tolist() == [True, False]
    assert fams.has_learner_fam(b, "LSR", 56).tolist() == [False, False]
    assert fams.learner_fam_count(b, "HNS").tolist() == [2, 0]


def test_a_learner_is_asked_for_an_aims_fam_as_it_is_written(learners: Build) -> None:
    b = learners(
        {"LearningDeliveries": [aim(), aim(fam("ACT1"))]},
        {"LearningDeliveries": [aim(fam("act1"))]},
        {},
    )
    assert fams.learner_has_aim_fam(b, "ACT", "1").tolist() == [True, False, False]
