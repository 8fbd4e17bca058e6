"""LearnDelFAMType: full funding (FFI) of the adult skills fund, for starts from August 2024."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import Parameter, rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import (
    DEVOLVED_EXCLUSION,
    ENGLISH_AND_MATHS,
    ENTITLEMENT_LEVEL_2,
    UP_TO_LEVEL_2,
    is_aged,
)
from ilr_validator.packs.y2025_26.rules.learning_delivery.aim_validity import FREE_COURSE_FAM
from ilr_validator.packs.y2025_26.rules.learning_delivery.learn_del_fam_type_full_funding import (
    BASIC_AND_DIGITAL,
    has_attained_level_2,
)

FROM_2024 = day(2024, 8, 1)
ENTITLEMENT_LEVEL_3 = 38  # category in LARS
FREE_COURSES, EARNINGS_THRESHOLD, PILOT = "378", "391", "395"  # LDM
REPORTED: tuple[Parameter, ...] = (
    "DateOfBirth",
    "LearnAimRef",
    "LearnStartDate",
    "FundModel",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
)


def _adult_skills_fund(b: Batch, low: float, high: float) -> Mask:
    funded = (b.aims.FundModel == 38) & (b.aims.LearnStartDate >= FROM_2024)
    return funded & is_aged(b, low, high) & ~has_fam(b, "RES")


def _funded_above_threshold(b: Batch, low: float, high: float) -> Mask:
    """Tell which aims are fully funded though the learner's earnings are not said to be low."""
    full = has_fam(b, "FFI", "1") & ~has_fam(b, "LDM", EARNINGS_THRESHOLD)
    return full & _adult_skills_fund(b, low, high)


@rule(Aims, *REPORTED)
def LearnDelFAMType_122(b: Batch) -> Mask:
    """Full funding from 19 to 23 needs low earnings (LDM 391) or an entitlement to this level 2."""
    mask = _funded_above_threshold(b, 19, 23) & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)
    mask &= lars.nvq_level_is_exactly(b, mask, "2")
    mask &= ~lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return mask & ~lars.has_basic_skills_type_at(b, mask, *ENGLISH_AND_MATHS)


@rule(Aims, *REPORTED)
def LearnDelFAMType_123(b: Batch) -> Mask:
    """Full funding from 19 to 23 up to level 2 needs low earnings (LDM 391) or an entitlement."""
    mask = _funded_above_threshold(b, 19, 23) & ~is_combined_authority(b)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    mask &= ~lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return mask & ~lars.has_basic_skills_type_at(b, mask, *BASIC_AND_DIGITAL)


@rule(Aims, *REPORTED)
def LearnDelFAMType_124(b: Batch) -> Mask:
    """Full funding from 24 up to level 2 needs low earnings (LDM 391)."""
    mask = _funded_above_threshold(b, 24, np.inf) & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)
    mask &= lars.nvq_level_is(b, mask, *UP_TO_LEVEL_2)
    return mask & ~lars.has_basic_skills_type_at(b, mask, *BASIC_AND_DIGITAL)


@rule(Aims, "LearnStartDate", "LearnAimRef", "FundModel", *FREE_COURSE_FAM)
def LearnDelFAMType_125(b: Batch) -> Mask:
    """A level 3 entitlement from 24 needs free courses for jobs (LDM 378)."""
    mask = _adult_skills_fund(b, 24, np.inf) & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)
    mask &= ~has_fam(b, "LDM", FREE_COURSES, PILOT)
    mask &= lars.nvq_level_is_exactly(b, mask, "3")
    return lars.has_category(b, mask, ENTITLEMENT_LEVEL_3)


@rule(Aims, *REPORTED)
def LearnDelFAMType_130(b: Batch) -> Mask:
    """Full funding of an entitlement needs low earnings (LDM 391): level 2 was attained before."""
    mask = _funded_above_threshold(b, 19, 23) & ~is_combined_authority(b)
    if not mask.any():
        return mask
    mask &= has_attained_level_2(b)
    mask &= lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return mask & ~lars.has_basic_skills_type_at(b, mask, *BASIC_AND_DIGITAL)
