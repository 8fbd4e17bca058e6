"""Outcome: what became of an aim."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_months, day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, is_known, is_null, one_of, take
from ilr_validator.packs.queries.destinations import destination_of, has_outcome, outcomes_of

FROM_AUGUST_2015 = day(2015, 8, 1)
MONTHS_TO_PROGRESS = 6


@rule(Aims, "Outcome")
def Outcome_01(b: Batch) -> Mask:
    """The outcome is not on the list of codes."""
    return is_known(b.aims.Outcome) & ~one_of(b.aims.Outcome, 1, 2, 3, 8)


@rule(Aims, "AchDate", "Outcome")
def Outcome_04(b: Batch) -> Mask:
    """The aim has an achievement date but its outcome is not "achieved"."""
    a = b.aims
    standards = (a.ProgType == 25) & (a.FundModel == 36)
    return is_known(a.AchDate) & (a.Outcome != 1) & ~standards


@rule(Aims, "Outcome")
def Outcome_05(b: Batch) -> Mask:
    """The aim is achieved but has no actual end date."""
    return (b.aims.Outcome == 1) & is_null(b.aims.LearnActEndDate)


def _is_traineeship(b: Batch) -> Mask:
    mask: Mask = (b.aims.AimType == 1) & (b.aims.ProgType == 24)
    return mask


@rule(Aims, "LearnRefNumber", "AimType", "ProgType", "Outcome")
def Outcome_07(b: Batch) -> Mask:
    """A traineeship was not or only partly achieved, and no destination is recorded."""
    mask = _is_traineeship(b) & one_of(b.aims.Outcome, 2, 3)
    return mask & ~b.aims.of_learner(has_outcome(b)) if mask.any() else mask


def _first_progression(b: Batch) -> Dates:
    """Give for each learner the first start of work or further learning; null where none is."""
    outcomes = b.outcomes
    work = outcomes_of(b, "EMP") & one_of(outcomes.OutCode, 1, 4)
    learning = outcomes_of(b, "EDU") & one_of(outcomes.OutCode, 2, 4, 5)
    return take(outcomes.min(outcomes.OutStartDate, work | learning), destination_of(b))


@rule(Aims, "LearnStartDate", "ProgType", "LearnActEndDate", "Outcome")
def Outcome_08(b: Batch) -> Mask:
    """A traineeship is achieved without work or further learning within six months of its end."""
    a = b.aims
    mask = _is_traineeship(b) & (a.Outcome == 1) & (a.LearnStartDate >= FROM_AUGUST_2015)
    if not mask.any():
        return mask
    limits = add_months(a.LearnActEndDate, MONTHS_TO_PROGRESS)
    limits = np.where(np.isnan(limits), np.inf, limits)
    return mask & ~(a.of_learner(_first_progression(b)) < limits)


@rule(Aims, "Outcome", "CompStatus")
def Outcome_09(b: Batch) -> Mask:
    """The outcome is not yet known although learning is not said to be completed."""
    a = b.aims
    pending = (a.Outcome == 8) & (a.CompStatus != 2)
    return pending & (a.ProgType != 25) & (a.FundModel != 36)


@rule(Aims, "Outcome", "CompStatus")
def Outcome_10(b: Batch) -> Mask:
    """The aim is said to be not achieved while the learner continues it."""
    return (b.aims.Outcome == 3) & (b.aims.CompStatus == 1)
