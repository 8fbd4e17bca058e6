"""LearnDelFAMType: full funding (FFI) of adult skills, for starts from August 2020."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd37 import is_unemployed
from ilr_validator.packs.derived.dd38 import is_on_benefits
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import (
    ENGLISH_AND_MATHS,
    ESSENTIAL_DIGITAL,
    IN_CUSTODY,
    LOW_WAGES,
    ON_LICENCE,
    REPORTED_SINCE_2020,
    STEEL_REDUNDANCY,
    is_funded_at_age,
    is_up_to_level_2,
    lacks_entitlement,
)
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_full_funding import (
    LEVEL_2_AND_ABOVE,
    has_attained,
)

LAST_SECOND_BEFORE = day(2020, 7, 31) + 86_399 / 86_400
EXCLUDED = (IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
SKILLS_OFFER = "376"
BASIC_SKILLS = (*ENGLISH_AND_MATHS, ESSENTIAL_DIGITAL)


def _fully_funded(b: Batch, low: float, high: float, *excluded: str) -> Mask:
    late = b.aims.LearnStartDate > LAST_SECOND_BEFORE
    return is_funded_at_age(b, low, high, *excluded) & late


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_79(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs a level 2 entitlement (start from August 2020)."""
    mask = _fully_funded(b, 19, 23, *EXCLUDED, SKILLS_OFFER)
    if not mask.any():
        return mask
    mask &= ~is_unemployed(b) & ~is_on_benefits(b)
    return lacks_entitlement(b, mask, *BASIC_SKILLS)


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_80(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start from 2020)."""
    mask = _fully_funded(b, 19, 23, *EXCLUDED, SKILLS_OFFER) & has_attained(b, *LEVEL_2_AND_ABOVE)
    if not mask.any():
        return mask
    return is_up_to_level_2(b, mask & ~is_on_benefits(b), *BASIC_SKILLS)


@rule(Aims, *REPORTED_SINCE_2020)
def LearnDelFAMType_81(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start from August 2020)."""
    mask = _fully_funded(b, 24, np.inf, *EXCLUDED)
    if not mask.any():
        return mask
    mask &= ~is_unemployed(b) & ~is_on_benefits(b)
    return is_up_to_level_2(b, mask, *BASIC_SKILLS)
