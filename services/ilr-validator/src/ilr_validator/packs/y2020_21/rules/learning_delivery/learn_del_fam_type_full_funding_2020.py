"""LearnDelFAMType: full funding (FFI) of adult skills, for starts from August 2020."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import Parameter, rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd29 import is_inflexible_training
from ilr_validator.packs.derived.dd37 import is_unemployed
from ilr_validator.packs.derived.dd38 import is_on_benefits
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
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
    LEVEL_2_AND_ABOVE,
    has_attained,
)

LAST_SECOND_BEFORE = day(2020, 7, 31) + 86_399 / 86_400
EXCLUDED = (IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES)
SKILLS_OFFER = "376"
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


def _fully_funded(b: Batch, low: float, high: float, *excluded: str) -> Mask:
    mask = is_adult_fully_funded(b, *excluded) & is_aged(b, low, high)
    late = b.aims.LearnStartDate > LAST_SECOND_BEFORE
    return mask & late & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)


def _is_not_inflexible_or_basic(b: Batch, where: Mask) -> Mask:
    mask = where & ~is_inflexible_training(b, where)
    return mask & ~is_running_basic_skill(b, mask, *ENGLISH_AND_MATHS, ESSENTIAL_DIGITAL)


@rule(Aims, *REPORTED)
def LearnDelFAMType_79(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs a level 2 entitlement (start from August 2020)."""
    mask = _fully_funded(b, 19, 23, *EXCLUDED, SKILLS_OFFER)
    if not mask.any():
        return mask
    mask &= ~is_unemployed(b) & ~is_on_benefits(b)
    mask &= lars.nvq_level_is_exactly(b, mask, "2")
    mask &= ~lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask)


@rule(Aims, *REPORTED)
def LearnDelFAMType_80(b: Batch) -> Mask:
    """Full funding from 19 to 23 does not fit prior attainment and level (start from 2020)."""
    mask = _fully_funded(b, 19, 23, *EXCLUDED, SKILLS_OFFER) & has_attained(b, *LEVEL_2_AND_ABOVE)
    if not mask.any():
        return mask
    mask &= ~is_on_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask)


@rule(Aims, *REPORTED)
def LearnDelFAMType_81(b: Batch) -> Mask:
    """Full funding from 24 is not for aims up to level 2 (start from August 2020)."""
    mask = _fully_funded(b, 24, np.inf, *EXCLUDED)
    if not mask.any():
        return mask
    mask &= ~is_unemployed(b) & ~is_on_benefits(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask)
