"""LearnDelFAMType: full or part funding (FFI), for starts before August 2024."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd37 import is_unemployed_2025
from ilr_validator.packs.derived.dd38 import is_on_benefits_2025
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.prior_attainments import level_at_start
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import (
    ENGLISH_AND_MATHS,
    ESSENTIAL_DIGITAL,
    IN_CUSTODY,
    LOW_WAGES,
    ON_LICENCE,
    REPORTED_BEFORE_2017,
    REPORTED_SINCE_2020,
    STEEL_REDUNDANCY,
    is_funded_at_age,
    is_up_to_level_2,
    lacks_entitlement,
)
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_full_funding import (
    early_fully_funded,
    early_up_to_level_2,
    later_funded_despite_attainment,
)

KEPT = carried("2020-21", "LearnDelFAMType_60", "LearnDelFAMType_61", "LearnDelFAMType_66")
DIGITAL_FUNCTIONAL = 44  # basic skills type of LARS
LEVEL_2_AND_ABOVE = (4, 6, 7, 8, 9, 10, 97, 98)  # prior attainment
FROM_2020 = day(2020, 8, 1)
FROM_2024 = day(2024, 8, 1)
BASIC_AND_ESSENTIAL_DIGITAL = (*ENGLISH_AND_MATHS, ESSENTIAL_DIGITAL)
BASIC_AND_DIGITAL = (*BASIC_AND_ESSENTIAL_DIGITAL, DIGITAL_FUNCTIONAL)


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


@rule(Aims, *REPORTED_BEFORE_2017)
def LearnDelFAMType_57(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start before August 2016)."""
    return early_up_to_level_2(b, early_fully_funded(b, 24, np.inf))


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode", "LearnStartDate", "DateOfBirth")
def LearnDelFAMType_65(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2017 to 2020)."""
    return later_funded_despite_attainment(b, has_attained_level_2(b))


def has_attained_level_2(b: Batch) -> Mask:
    """Tell for each aim whether the learner's latest attainment at its start is level 2 or more."""
    return one_of(level_at_start(b), *LEVEL_2_AND_ABOVE)


def _fully_funded(b: Batch, low: float, high: float, *excluded: str) -> Mask:
    starts = b.aims.LearnStartDate
    in_time = (starts >= FROM_2020) & (starts < FROM_2024)
    return is_funded_at_age(b, low, high, *excluded) & in_time


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_79(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs a level 2 entitlement (start 2020 to 2024)."""
    mask = _fully_funded(b, 19, 23, IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
    if not mask.any():
        return mask
    mask &= ~is_unemployed_2025(b) & ~is_on_benefits_2025(b)
    return lacks_entitlement(b, mask, *BASIC_AND_ESSENTIAL_DIGITAL)


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_80(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start 2020 to 2024)."""
    mask = _fully_funded(b, 19, 23, IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
    if not mask.any():
        return mask
    mask &= has_attained_level_2(b) & ~is_on_benefits_2025(b)
    return is_up_to_level_2(b, mask, *BASIC_AND_DIGITAL)


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_81(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start 2020 to 2024)."""
    mask = _fully_funded(b, 24, np.inf, IN_CUSTODY, ON_LICENCE, LOW_WAGES)
    if not mask.any():
        return mask
    return is_up_to_level_2(b, mask & ~is_on_benefits_2025(b), *BASIC_AND_DIGITAL)
