"""A valid learner of each funding model breaks no rule of 2025-26; every rule can be broken."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conformance import ilr_valid_learners as valid
from tests.conformance.ilr_mutators import PAGE, mutator, page

from ilr_validator.application.check_learner import LearnerCheck, Occasion
from ilr_validator.application.evaluate import evaluate
from ilr_validator.engine.reference import reference_tables
from ilr_validator.packs.record_model import load_record_model

FUND_MODELS = (10, 11, 25, 35, 36, 37, 38, 81, 82, 99)
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
CARRIED_OVER_BEFORE = {35: "2024-08-01", 10: "2024-08-01"}


def all_learners() -> list[Mapping[str, Any]]:
    """Give all valid learners, as one file has them."""
    return [*valid.learners().values(), *valid.more_learners().values()]


def message(learner: Mapping[str, Any]) -> dict[str, Any]:
    """Give a file of one learner, as `evaluate` reads it."""
    return {
        "Header": {"CollectionDetails": valid.HEADER, "Source": valid.HEADER},
        "LearningProvider": {"UKPRN": valid.FILE["ukprn"]},
        "Learner": [learner],
    }


def test_there_is_a_learner_of_each_funding_model() -> None:
    of_aims = {
        fund_model: {aim["FundModel"] for aim in learner["LearningDelivery"]}
        for fund_model, learner in valid.learners().items()
    }
    assert of_aims == {one: {one} for one in FUND_MODELS}


@pytest.mark.parametrize("fund_model", sorted(CARRIED_OVER_BEFORE))
def test_who_is_carried_over_began_before_the_funding_model_ended(fund_model: int) -> None:
    starts = [aim["LearnStartDate"] for aim in valid.learners()[fund_model]["LearningDelivery"]]
    assert max(starts) < CARRIED_OVER_BEFORE[fund_model]


def test_every_reference_table_is_there() -> None:
    assert set(valid.snapshot()) == set(reference_tables().values())


@pytest.mark.parametrize("fund_model", FUND_MODELS)
def test_a_valid_learner_breaks_no_rule(fund_model: int) -> None:
    judgement = valid.judged([valid.learners()[fund_model]], valid.business_rules())
    assert judgement.fired == ()
    assert judgement.not_run <= set(valid.MAY_STAY_NOT_RUN)


@pytest.mark.parametrize("name", valid.more_learners())
def test_a_learner_with_a_longer_story_breaks_no_rule(name: str) -> None:
    judgement = valid.judged([valid.more_learners()[name]], valid.business_rules())
    assert judgement.fired == ()
    assert judgement.not_run <= set(valid.MAY_STAY_NOT_RUN)


def test_the_valid_learners_break_no_rule_in_one_file() -> None:
    judgement = valid.judged(all_learners(), valid.business_rules())
    assert judgement.fired == ()
    assert judgement.not_run <= set(valid.MAY_STAY_NOT_RUN)


@pytest.mark.parametrize("fund_model", FUND_MODELS)
def test_the_command_finds_nothing_with_the_packs_provisional_code_lists(fund_model: int) -> None:
    line = {
        "record": "message",
        "input": message(valid.learners()[fund_model]),
        "file": valid.FILE,
        "reference": valid.reference_rows(),
    }
    answer = evaluate(valid.pack(), line, is_absent_empty=False)
    assert answer["fired"] == []
    assert set(answer["not_run"]) <= set(valid.MAY_STAY_NOT_RUN)


@pytest.mark.parametrize("fund_model", FUND_MODELS)
def test_a_form_with_a_valid_learner_passes_every_stage(fund_model: int) -> None:
    check = LearnerCheck(valid.pack(), load_record_model(valid.PACK), reference=valid.snapshot())
    (result,) = check.judge([valid.learners()[fund_model]], Occasion(valid.FILE["ukprn"], NOON))
    assert result.findings == ()
    assert result.stages == {"Schema", "field", "business"}


@pytest.mark.parametrize("rule", valid.business_rules())
def test_a_valid_learner_can_be_made_to_break_the_rule(rule: str) -> None:
    assert mutator(rule) is not None


def test_the_page_says_how_many_rules_have_a_mutator() -> None:
    assert PAGE.read_text("utf-8") == page()
