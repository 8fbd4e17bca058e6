"""One learner of a form: the stages and rules of a file, with pointers to the fields."""

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ilr_validator
from ilr_validator.adapters.reference.snapshot import load_snapshot
from ilr_validator.application.check_learner import FormResult, LearnerCheck, Occasion
from ilr_validator.application.record_json import RecordNotReadableError
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model
from matricula_testkit.ilr.learners import learner

SAMPLE = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
OCCASION = Occasion(10_000_001, datetime(2026, 2, 4, 12, tzinfo=UTC), "R06")


@pytest.fixture(scope="module")
def check() -> LearnerCheck:
    snapshot, pack = load_snapshot(SAMPLE), load("2025-26")
    lists = snapshot.code_lists.over(pack.code_lists)
    model = load_record_model(pack.name)
    return LearnerCheck(pack, model, code_lists=lists, reference=snapshot.tables)


def judged(check: LearnerCheck, record: Mapping[str, Any]) -> FormResult:
    (result,) = check.judge([record], OCCASION)
    return result


def rules(result: FormResult) -> list[str]:
    return [one.rule for one in result.findings]


def record(index: int = 3) -> dict[str, Any]:
    return copy.deepcopy(learner(4, index))


def test_clean_learners_break_nothing_and_next_to_every_rule_was_run(check: LearnerCheck) -> None:
    for result in check.judge([learner(4, index) for index in range(60)], OCCASION):
        assert result.findings == ()
        assert result.is_valid
        assert result.not_run == ("ULN_05",)
        assert result.stages == {"Schema", "field", "business"}


def test_a_rule_points_to_the_fields_that_it_looks_at(check: LearnerCheck) -> None:
    changed = record()
    changed["LearningDelivery"][-1]["LearnStartDate"] = "2012-08-01"
    (found,) = (one for one in judged(check, changed).findings if one.rule == "LearnStartDate_02")
    place = f"/LearningDelivery/{len(changed['LearningDelivery']) - 1}"
    assert found.pointers == (f"{place}/LearnStartDate",)
    assert found.aim_seq_number == changed["LearningDelivery"][-1]["AimSeqNumber"]
    assert found.severity in {"E", "W"}
    assert found.message


def test_a_limit_of_the_schema_alone_keeps_the_learner_from_the_rules(check: LearnerCheck) -> None:
    result = judged(check, record() | {"PriorAttain": [{"PriorLevel": 999}]})
    (found,) = (one for one in result.findings if one.rule == "Schema")
    assert (found.severity, found.pointers) == ("E", ("/PriorAttain/0/PriorLevel",))
    assert result.stages == {"Schema", "field"}


def test_a_field_error_keeps_the_learner_from_the_rules(check: LearnerCheck) -> None:
    changed = record() | {"LearnRefNumber": "A " * 6 + "A"}
    changed["LearningDelivery"][0]["LearnStartDate"] = "2012-08-01"
    result = judged(check, changed)
    assert rules(result) == ["FD_LearnRefNumber_AL", "FD_LearnRefNumber_AP"]
    assert result.findings[0].pointers == ("/LearnRefNumber",)
    assert result.stages == {"Schema", "field"}
    assert not result.is_valid


@pytest.mark.parametrize(
    ("field", "value"),
    [("ULN", "12 34567890"), ("DateOfBirth", "2025-02-30"), ("ULN", True), ("Sex", ["F"])],
)
def test_a_value_that_is_not_of_its_kind_is_the_schemas(
    check: LearnerCheck, field: str, value: object
) -> None:
    result = judged(check, record() | {field: value})
    assert rules(result) == ["Schema"]
    assert result.findings[0].pointers == (f"/{field}",)
    assert result.stages == {"Schema"}


def test_what_is_no_learner_is_refused_without_repeating_names(check: LearnerCheck) -> None:
    with pytest.raises(RecordNotReadableError) as refused:
        judged(check, record() | {"Jane": 1})
    assert (refused.value.fault, refused.value.pointer) == ("unknown_field", "")
    with pytest.raises(RecordNotReadableError) as refused:
        judged(check, record() | {"LearningDelivery": [3]})
    assert (refused.value.fault, refused.value.pointer) == ("not_an_object", "/LearningDelivery/0")


def test_a_field_of_another_year_is_a_finding_of_a_stored_record(check: LearnerCheck) -> None:
    stored = record() | {"Accom2020": 1}
    (result,) = check.judge([stored], OCCASION, is_stored=True)
    assert rules(result) == ["Schema"]
    assert result.findings[0].pointers == ("/Accom2020",)


def test_learners_together_are_judged_as_each_by_itself(check: LearnerCheck) -> None:
    many: list[dict[str, Any]] = [record(index) for index in range(20)]
    many[3]["LearnRefNumber"] = "A " * 6 + "A"
    many[7]["ULN"] = "x"
    many[8]["DateOfBirth"] = "2022-01-02"
    many[12]["LearningDelivery"][0]["LearnStartDate"] = "2012-08-01"
    together = check.judge(many, OCCASION)
    assert together == [judged(check, one) for one in many]
    broken: Sequence[int] = [place for place, one in enumerate(together) if one.findings]
    assert broken == [3, 7, 8, 12]


def test_the_severity_is_that_of_the_return(check: LearnerCheck) -> None:
    names = [(name, facts) for name, facts in check.pack.facts.items() if facts.severity_from]
    assert names
    name, facts = names[0]
    first = min(facts.severity_from)
    assert facts.severity_at(first) == facts.severity_from[first]
    assert check.stage_of(name) == "business"
    assert check.stage_of("NoSuchRule") is None
