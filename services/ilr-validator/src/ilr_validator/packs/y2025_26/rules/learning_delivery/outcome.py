"""Outcome: what became of an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type

KEPT = carried("2020-21", "Outcome_01", "Outcome_04", "Outcome_10")


def _is_bootcamp(b: Batch) -> Mask:
    return is_funded_by(b, 37) & is_of_programme(b, 32)


@rule(Aims, "Outcome")
def Outcome_05(b: Batch) -> Mask:
    """The aim is achieved but has no actual end date."""
    return (b.aims.Outcome == 1) & is_null(b.aims.LearnActEndDate) & ~_is_bootcamp(b)


@rule(Aims, "Outcome", "CompStatus")
def Outcome_09(b: Batch) -> Mask:
    """The outcome is not yet known although learning is not said to be completed."""
    standards = is_of_type(b, 1) & is_funded_by(b, 36, 99) & is_of_programme(b, 25)
    return (b.aims.Outcome == 8) & (b.aims.CompStatus != 2) & ~standards & ~_is_bootcamp(b)


@rule(Aims, "LearnActEndDate", "Outcome")
def Outcome_11(b: Batch) -> Mask:
    """The aim has an outcome but no actual end date."""
    return is_known(b.aims.Outcome) & is_null(b.aims.LearnActEndDate) & ~_is_bootcamp(b)


@rule(Aims, "LearnActEndDate", "Outcome")
def Outcome_12(b: Batch) -> Mask:
    """The aim has an actual end date but no outcome."""
    return is_known(b.aims.LearnActEndDate) & is_null(b.aims.Outcome)
