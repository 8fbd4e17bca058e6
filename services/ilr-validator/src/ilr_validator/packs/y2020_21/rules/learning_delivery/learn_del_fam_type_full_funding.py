"""LearnDelFAMType: full funding (FFI) of adult skills, for starts before August 2020."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, one_of
from ilr_validator.packs.derived.dd12 import is_adult_skills_funded_on_benefits
from ilr_validator.packs.derived.dd21 import is_unemployed_with_other_benefits
from ilr_validator.packs.derived.dd28 import is_unemployed_with_benefits
from ilr_validator.packs.derived.dd29 import is_inflexible_training
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.queries.provider import has_legal_type
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import (
    ENGLISH_AND_MATHS,
    IN_CUSTODY,
    LOW_WAGES,
    ON_LICENCE,
    REPORTED_BEFORE_2017,
    STEEL_REDUNDANCY,
    UP_TO_LEVEL_2,
    is_adult_fully_funded,
    is_aged,
    is_funded_at_age,
    is_up_to_level_2,
    lacks_entitlement,
)

FROM_2016 = day(2016, 8, 1)
UNTIL_2016 = day(2016, 7, 31)
FROM_2017 = day(2017, 8, 1)
UNTIL_2017 = day(2017, 7, 31)
FROM_2020 = day(2020, 8, 1)
TRADE_UNION = 19  # category in LARS
TRAINEESHIP = 24
LEVEL_2_AND_ABOVE = (2, 3, 4, 5, 10, 11, 12, 13, 97, 98)  # prior attainment
LEVEL_3_AND_ABOVE = (3, 4, 5, 10, 11, 12, 13, 97, 98)
BEFORE_2017 = (IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY)
SINCE_2017 = (IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)


@rule(Aims, "FundModel")
def LearnDelFAMType_02(b: Batch) -> Mask:
    """An adult skills aim needs full or part funding (FFI)."""
    return (b.aims.FundModel == 35) & ~has_fam(b, "FFI")


@rule(Aims, "FundModel", ("LearnDelFAMType", "FFI"))
def LearnDelFAMType_22(b: Batch) -> Mask:
    """Full or part funding (FFI) is not for this funding model."""
    return has_fam(b, "FFI") & ~one_of(b.aims.FundModel, 35, 81)


def _is_of_specialist_college(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether the provider is a specialist designated college."""
    return has_legal_type(b, b.aims, where, "USDC")


def has_attained(b: Batch, *levels: float) -> Mask:
    """Tell for each aim whether its learner's prior attainment is one of these."""
    return b.aims.of_learner(one_of(b.learners.PriorAttain, *levels))


def _is_excluded_before_2016(b: Batch, where: Mask) -> Mask:
    """Tell what excludes aims of `where` that started before August 2016, but for FAM codes."""
    mask = where & ~is_adult_skills_funded_on_benefits(b) & ~is_unemployed_with_other_benefits(b)
    mask &= ~lars.has_basic_skills_type_at(b, mask, *ENGLISH_AND_MATHS)
    mask &= ~lars.has_category(b, mask, TRADE_UNION)
    return where & ~(mask & ~_is_of_specialist_college(b, mask))


def early_fully_funded(b: Batch, low: float, high: float) -> Mask:
    """Mark the full funding of aims that started before August 2016."""
    early = is_adult_fully_funded(b, *BEFORE_2017) & (b.aims.LearnStartDate < FROM_2016)
    return early & is_aged(b, low, high)


@rule(Aims, *REPORTED_BEFORE_2017, "PriorAttain")
def LearnDelFAMType_56(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start before 2016)."""
    mask = early_fully_funded(b, 19, 23) & ~(b.aims.ProgType == TRAINEESHIP)
    mask &= has_attained(b, *LEVEL_2_AND_ABOVE)
    if not mask.any():
        return mask
    levels = lars.nvq_level(b, mask)
    higher = has_attained(b, *LEVEL_3_AND_ABOVE) & levels.is_any("3", "4")
    mask &= levels.is_any(*UP_TO_LEVEL_2) | higher
    return mask & ~_is_excluded_before_2016(b, mask)


@rule(Aims, *REPORTED_BEFORE_2017)
def LearnDelFAMType_57(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start before August 2016)."""
    mask = early_fully_funded(b, 24, np.inf) & ~(b.aims.ProgType == TRAINEESHIP)
    return early_up_to_level_2(b, mask)


def early_up_to_level_2(b: Batch, funded: Mask) -> Mask:
    """Keep the aims up to level 2 that nothing excludes, started before August 2016."""
    if not funded.any():
        return funded
    mask = funded & lars.nvq_level_is(b, funded, *UP_TO_LEVEL_2)
    return mask & ~_is_excluded_before_2016(b, mask)


@rule(Aims, *REPORTED_BEFORE_2017)
def LearnDelFAMType_59(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2016 to 2017)."""
    starts = b.aims.LearnStartDate
    mask = is_adult_fully_funded(b, *BEFORE_2017) & (starts > UNTIL_2016) & (starts < FROM_2017)
    mask &= is_aged(b, 19, 23) & has_attained(b, *LEVEL_2_AND_ABOVE)
    mask &= ~(b.aims.ProgType == TRAINEESHIP)
    if not mask.any():
        return mask
    mask &= ~is_unemployed_with_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    mask &= ~is_inflexible_training(b, mask)
    mask &= ~lars.has_basic_skills_type_at(b, mask, *ENGLISH_AND_MATHS)
    return mask & ~_is_of_specialist_college(b, mask)


def _is_valid_basic_skill(b: Batch, where: Mask) -> Mask:
    """Tell whether an aim is valid when it starts, and ever English or maths."""
    valid = lars.is_valid_at(b, where, b.aims.LearnStartDate)
    return lars.has_basic_skills_type(b, valid, *ENGLISH_AND_MATHS)


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode", "LearnStartDate", "DateOfBirth")
def LearnDelFAMType_60(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start 2016 to 2017)."""
    mask = between(b.aims.LearnStartDate, FROM_2016, UNTIL_2017)
    mask &= is_adult_fully_funded(b, *BEFORE_2017) & is_aged(b, 24, 99)
    if not mask.any():
        return np.zeros(b.fams.size, bool)
    mask &= ~is_unemployed_with_benefits(b) & ~is_unemployed_with_other_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    mask &= ~is_inflexible_training(b, mask)
    mask &= ~_is_valid_basic_skill(b, mask)
    mask &= ~_is_of_specialist_college(b, mask)
    return fams_of(b, "FFI", "1") & b.fams.of_parent(mask)


def _later_fully_funded(b: Batch, low: float, high: float) -> Mask:
    starts = b.aims.LearnStartDate
    in_time = (starts > UNTIL_2017) & (starts < FROM_2020)
    return is_funded_at_age(b, low, high, *SINCE_2017) & in_time


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode", "LearnStartDate", "DateOfBirth")
def LearnDelFAMType_61(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs a level 2 entitlement (start 2017 to 2020)."""
    mask = _later_fully_funded(b, 19, 23)
    if not mask.any():
        return np.zeros(b.fams.size, bool)
    mask &= ~is_unemployed_with_benefits(b) & ~is_unemployed_with_other_benefits(b)
    mask = lacks_entitlement(b, mask, *ENGLISH_AND_MATHS)
    return fams_of(b, "FFI", "1") & b.fams.of_parent(mask)


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode", "LearnStartDate", "DateOfBirth")
def LearnDelFAMType_65(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2017 to 2020)."""
    return later_funded_despite_attainment(b, has_attained(b, *LEVEL_2_AND_ABOVE))


def later_funded_despite_attainment(b: Batch, attained: Mask) -> Mask:
    """Mark the full funding of aims up to level 2 of learners who had that level before."""
    mask = _later_fully_funded(b, 19, 23) & attained
    if not mask.any():
        return np.zeros(b.fams.size, bool)
    mask &= ~is_unemployed_with_benefits(b)
    mask = is_up_to_level_2(b, mask, *ENGLISH_AND_MATHS)
    return fams_of(b, "FFI", "1") & b.fams.of_parent(mask)


@rule(
    Aims,
    "FundModel",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
    "LearnStartDate",
    "DateOfBirth",
)
def LearnDelFAMType_66(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start 2017 to 2020)."""
    mask = _later_fully_funded(b, 24, 99)
    if not mask.any():
        return mask
    mask &= ~is_unemployed_with_benefits(b) & ~is_unemployed_with_other_benefits(b)
    return is_up_to_level_2(b, mask, *ENGLISH_AND_MATHS)
