"""LearnDelFAMType: full or part funding (FFI), for starts before August 2024."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import Parameter, rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd29 import is_inflexible_training
from ilr_validator.packs.derived.dd37 import is_unemployed
from ilr_validator.packs.derived.dd38 import is_on_benefits
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.prior_attainments import level_at_start
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import (
    DEVOLVED_EXCLUSION,
    ENGLISH_AND_MATHS,
    ENTITLEMENT_LEVEL_2,
    ESSENTIAL_DIGITAL,
    IN_CUSTODY,
    LOW_WAGES,
    ON_LICENCE,
    STEEL_REDUNDANCY,
    UP_TO_LEVEL_2,
    is_adult_fully_funded,
    is_aged,
    is_running_basic_skill,
)
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_full_funding import (
    is_excluded_before_2016,
    later_funded_despite_attainment,
)

KEPT = carried("2020-21", "LearnDelFAMType_60", "LearnDelFAMType_61", "LearnDelFAMType_66")
DIGITAL_FUNCTIONAL = 44  # basic skills type of LARS
LEVEL_2_AND_ABOVE = (4, 6, 7, 8, 9, 10, 97, 98)  # prior attainment
FROM_2016 = day(2016, 8, 1)
FROM_2020 = day(2020, 8, 1)
FROM_2024 = day(2024, 8, 1)
REPORTED: tuple[Parameter, ...] = (
    "UKPRN",
    "DateOfBirth",
    "LearnAimRef",
    "LearnStartDate",
    "FundModel",
    "ProgType",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
)


@rule(Aims, "FundModel")
def LearnDelFAMType_02(b: Batch) -> Mask:
    """An adult skills aim needs full or part funding (FFI)."""
    return one_of(b.aims.FundModel, 35, 38) & ~has_fam(b, "FFI")


@rule(Aims, "FundModel", ("LearnDelFAMType", "FFI"))
def LearnDelFAMType_22(b: Batch) -> Mask:
    """Full or part funding (FFI) is not for this funding model."""
    return has_fam(b, "FFI") & ~one_of(b.aims.FundModel, 10, 11, 35, 37, 38, 81)


@rule(Aims, "ProgType", ("LearnDelFAMType", "FFI"))
def LearnDelFAMType_111(b: Batch) -> Mask:
    """A skills bootcamp needs full or part funding (FFI)."""
    return (b.aims.ProgType == 32) & ~has_fam(b, "FFI")


@rule(
    Aims,
    "UKPRN",
    "LearnAimRef",
    "ProgType",
    "FundModel",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
    "LearnStartDate",
    "DateOfBirth",
)
def LearnDelFAMType_57(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start before August 2016)."""
    mask = is_adult_fully_funded(b, IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY)
    mask = mask & (b.aims.LearnStartDate < FROM_2016) & is_aged(b, 24, np.inf)
    if not mask.any():
        return mask
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return mask & ~is_excluded_before_2016(b, mask)


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode", "LearnStartDate", "DateOfBirth")
def LearnDelFAMType_65(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2017 to 2020)."""
    return later_funded_despite_attainment(b, has_attained_level_2(b))


def has_attained_level_2(b: Batch) -> Mask:
    """Tell for each aim whether the learner's latest attainment at its start is level 2 or more."""
    return one_of(level_at_start(b), *LEVEL_2_AND_ABOVE)


def _fully_funded(b: Batch, low: float, high: float, *excluded: str) -> Mask:
    starts = b.aims.LearnStartDate
    mask = is_adult_fully_funded(b, *excluded) & (starts >= FROM_2020) & (starts < FROM_2024)
    return mask & is_aged(b, low, high) & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)


def _is_not_inflexible_or_basic(b: Batch, where: Mask, *digital: float) -> Mask:
    mask = where & ~is_inflexible_training(b, where)
    return mask & ~is_running_basic_skill(b, mask, *ENGLISH_AND_MATHS, *digital)


@rule(Aims, *REPORTED)
def LearnDelFAMType_79(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs a level 2 entitlement (start 2020 to 2024)."""
    mask = _fully_funded(b, 19, 23, IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
    if not mask.any():
        return mask
    mask &= ~is_unemployed(b) & ~is_on_benefits(b)
    mask &= lars.nvq_level_is_exactly(b, mask, "2")
    mask &= ~lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask, ESSENTIAL_DIGITAL)


@rule(Aims, *REPORTED)
def LearnDelFAMType_80(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2020 to 2024)."""
    mask = _fully_funded(b, 19, 23, IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
    if not mask.any():
        return mask
    mask &= has_attained_level_2(b) & ~is_on_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask, ESSENTIAL_DIGITAL, DIGITAL_FUNCTIONAL)


@rule(Aims, *REPORTED)
def LearnDelFAMType_81(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start 2020 to 2024)."""
    mask = _fully_funded(b, 24, np.inf, IN_CUSTODY, ON_LICENCE, LOW_WAGES)
    if not mask.any():
        return mask
    mask &= ~is_on_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask, ESSENTIAL_DIGITAL, DIGITAL_FUNCTIONAL)
