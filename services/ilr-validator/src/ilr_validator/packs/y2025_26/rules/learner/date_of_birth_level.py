"""DateOfBirth: aims of level 3 and above for learners of 24 and over."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learner.date_of_birth_reference import (
    A_LEVELS,
    LEVEL_3_AND_ABOVE,
    TRADE_UNIONS,
    outside_designated_colleges,
)

FROM_2016 = day(2016, 8, 1)
FROM_2017 = day(2017, 8, 1)
FROM_2024 = day(2024, 8, 1)

KEPT = carried("2020-21", "DateOfBirth_32")


def _from_24(b: Batch, fund_model: int, start: float, end: float = float("inf")) -> Mask:
    """Tell for each aim of the funding model and period whether its learner is 24 or over.

    Restarts are left out.
    """
    starts = b.aims.LearnStartDate
    aims = (b.aims.FundModel == fund_model) & (starts >= start) & (starts < end)
    return aims & (age_at_start(b) >= 24) & ~has_fam(b, "RES")


def _is_of_level(b: Batch, aims: Mask) -> Mask:
    return aims & lars.nvq_level_is(b, aims, *LEVEL_3_AND_ABOVE)


@rule(Aims, "DateOfBirth", "LearnStartDate", "FundModel")
def DateOfBirth_49(b: Batch) -> Mask:
    """An aim of level 3 or above from 2016/17 is not adult skills for a learner of 24 or over."""
    aims = _from_24(b, 35, FROM_2016, FROM_2017) & ~is_apprenticeship(b)
    aims = _is_of_level(b, aims & ~has_fam(b, "LDM", "034", "347"))
    aims = aims & ~lars.has_category(b, aims, TRADE_UNIONS)
    return outside_designated_colleges(b, aims)


@rule(Aims, "UKPRN", "DateOfBirth", "LearnStartDate", "FundModel")
def DateOfBirth_55(b: Batch) -> Mask:
    """An aim of level 3 or above to July 2024 is not adult skills for a learner of 24 or over."""
    aims = _from_24(b, 35, FROM_2017, FROM_2024) & ~is_apprenticeship(b)
    aims = aims & ~has_fam(b, "LDM", "034", "378") & ~has_fam(b, "DAM", "023")
    aims = _is_of_level(b, aims)
    return aims & ~lars.aim_type_is(b, aims, *A_LEVELS)


@rule(
    Aims, "UKPRN", "DateOfBirth", "LearnStartDate", "FundModel",
    ("LearnDelFAMType", None), ("LearnDelFAMCode", None),
)  # fmt: skip
def DateOfBirth_56(b: Batch) -> Mask:
    """An aim of level 3 or above is not funded as adult skills for a learner of 24 or over."""
    aims = _from_24(b, 38, FROM_2024)
    aims = aims & ~has_fam(b, "LDM", "378", "395") & ~has_fam(b, "DAM", "023")
    aims = _is_of_level(b, aims)
    return aims & ~lars.aim_type_is(b, aims, *A_LEVELS)
