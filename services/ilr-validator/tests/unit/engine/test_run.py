"""Running rules: whom a rule without rows, or one that could not ask, leaves alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ilr_validator.engine.batch import Batch, Surroundings
from ilr_validator.engine.facts import Year
from ilr_validator.engine.objects import tables_of
from ilr_validator.engine.record import WorkPlacements
from ilr_validator.engine.rule import Rule, rule
from ilr_validator.engine.run import Outcome, run
from ilr_validator.engine.values import Mask

WITHOUT: dict[str, Any] = {"LearnRefNumber": "A", "LearningDelivery": [{"AimSeqNumber": 1}]}
WITH: dict[str, Any] = {
    "LearnRefNumber": "B",
    "LearningDelivery": [
        {"AimSeqNumber": 1, "LearningDeliveryWorkPlacement": [{"WorkPlaceHours": 9}]}
    ],
}


def made(breaks: Callable[[Batch], Mask]) -> Rule:
    return rule(WorkPlacements, name="Made_01")(breaks)


def outcomes(made_rule: Rule, *learners: dict[str, Any]) -> list[Outcome]:
    around = Surroundings(year=Year.starting(2025), constants={}, code_lists={})
    return list(run(Batch(tables_of(learners), around), [made_rule]))


@made
def asks_the_return(b: Batch) -> Mask:
    return b.work_placements.WorkPlaceHours > b.return_period


@made
def breaks_all(b: Batch) -> Mask:
    return b.work_placements.WorkPlaceHours > 0


@made
def breaks_none(b: Batch) -> Mask:
    return b.work_placements.WorkPlaceHours < 0


def test_a_rule_that_nobody_breaks_has_no_outcome() -> None:
    assert outcomes(breaks_none, WITH, WITHOUT) == []
    assert outcomes(breaks_all, WITHOUT) == []
    (found,) = outcomes(breaks_all, WITHOUT, WITH)
    assert (found.rows.tolist(), found.not_run) == ([0], None)


def test_a_fact_that_is_not_known_concerns_those_who_have_rows_and_no_one_else() -> None:
    (found,) = outcomes(asks_the_return, WITHOUT, WITH)
    assert found.rows.tolist() == []
    assert found.not_run is not None
    assert found.not_run.tolist() == [False, True]
    assert outcomes(asks_the_return, WITHOUT) == []


def test_a_learner_is_told_the_same_alone_and_among_others() -> None:
    for learner, expected in ((WITHOUT, False), (WITH, True)):
        alone = outcomes(asks_the_return, learner)
        assert any(one.not_run is not None and one.not_run.any() for one in alone) == expected


def test_a_rule_that_concerns_all_is_not_run_without_rows_too() -> None:
    def breaks(b: Batch) -> Mask:
        b.mark_not_run(b.aims, np.ones(b.aims.size, bool))
        return b.work_placements.WorkPlaceHours > 0

    limited = replace(made(breaks), concerns_all=True)
    (found,) = outcomes(limited, WITHOUT)
    assert found.not_run is not None
    assert found.not_run.tolist() == [True]
