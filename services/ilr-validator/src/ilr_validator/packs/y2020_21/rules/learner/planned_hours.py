"""PlanLearnHours and PlanEEPHours: the hours planned for the year."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship


@derived
def is_t_level(b: Batch) -> Mask:
    """Tell for each aim whether it is part of a T Level funded for 16 to 19."""
    return (b.aims.FundModel == 25) & (b.aims.ProgType == 31)


@derived
def has_open_aim(b: Batch) -> Mask:
    """Tell for each aim whether any aim of its learner has not ended."""
    return b.aims.of_parent(b.aims.any(is_null(b.aims.LearnActEndDate)))


@derived
def total_hours(b: Batch) -> Numbers:
    """Give for each learner the planned hours of both sorts, null counting as 0."""
    learning: Numbers = np.nan_to_num(b.learners.PlanLearnHours)
    return learning + np.nan_to_num(b.learners.PlanEEPHours)


def _of_too_many_hours(b: Batch, most: int) -> Mask:
    excluded = (b.aims.FundModel == 82) | is_t_level(b)
    return b.aims.of_learner(total_hours(b) > most) & ~excluded


@rule(Aims, "FundModel")
def PlanEEPHours_01(b: Batch) -> Mask:
    """A 16 to 19 funded learner needs planned hours besides learning, 0 at least."""
    aims = b.aims.of_learner(is_null(b.learners.PlanEEPHours)) & (b.aims.FundModel == 25)
    return aims & ~is_apprenticeship(b) & ~is_t_level(b) & has_open_aim(b)


def lacks_hours(b: Batch) -> Mask:
    """Tell for each aim that hours are planned for whether its learner has none and open aims."""
    aims = b.aims.of_learner(is_null(b.learners.PlanLearnHours)) & has_open_aim(b)
    return aims & ~is_apprenticeship(b) & ~is_t_level(b)


@rule(Aims, "PlanLearnHours", "FundModel")
def PlanLearnHours_01(b: Batch) -> Mask:
    """The planned learning hours are missing."""
    return b.aims.first_of_learner(lacks_hours(b) & ~one_of(b.aims.FundModel, 70, 82))


def _pre_merger_provider(b: Batch, rows: Rows) -> Numbers:
    """Give what the official engine sends as the hours, by mistake."""
    return b.aims.of_learner(b.learners.PMUKPRN)[rows]


def plans_no_hours(b: Batch) -> Mask:
    """Tell for each aim, T Levels left out, whether its learner's planned learning hours are 0."""
    return b.aims.of_learner(b.learners.PlanLearnHours == 0) & ~is_t_level(b)


@rule(Aims, ("PlanLearnHours", _pre_merger_provider), "FundModel")
def PlanLearnHours_02(b: Batch) -> Mask:
    """The planned learning hours are 0."""
    funded = one_of(b.aims.FundModel, 10, 25, 35, 36, 81, 99)
    return b.aims.first_of_learner(plans_no_hours(b) & funded)


@rule(Aims, "PlanLearnHours", "PlanEEPHours", "FundModel")
def PlanLearnHours_03(b: Batch) -> Mask:
    """A 16 to 19 funded learner has no planned hours of either sort."""
    learners = is_known(b.learners.PlanLearnHours) & (total_hours(b) == 0)
    return b.aims.of_learner(learners) & (b.aims.FundModel == 25) & ~is_t_level(b)


@rule(Aims, "PlanLearnHours", "PlanEEPHours", reports_aim=False)
def PlanLearnHours_04(b: Batch) -> Mask:
    """More than 1,000 hours are planned for the year."""
    return _of_too_many_hours(b, 1000)


@rule(Aims, "PlanLearnHours", "PlanEEPHours", reports_aim=False)
def PlanLearnHours_05(b: Batch) -> Mask:
    """More than 4,000 hours are planned for the year."""
    return _of_too_many_hours(b, 4000)
