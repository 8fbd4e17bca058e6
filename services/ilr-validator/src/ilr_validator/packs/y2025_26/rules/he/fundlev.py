"""FUNDLEV: the level that applies to the funding council's statistics; it may be left out."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.y2020_21.rules.he.fundlev import (
    POSTGRADUATE_LEVELS,
    POSTGRADUATE_TYPES,
    UNDERGRADUATE_LEVELS,
    UNDERGRADUATE_TYPES,
    has_other_level,
)
from ilr_validator.packs.y2025_26.rules.he.register import needs_no_funding_fields

FROM_2024: Final = day(2024, 8, 1)


@rule(AimHEs, "FUNDLEV")
def FUNDLEV_01(b: Batch) -> Mask:
    """The level applicable to the funding council is not a known code."""
    known = is_known(b.aim_hes.FUNDLEV)
    return known & ~b.in_list("FundLev", b.aim_hes, known, b.aim_hes.FUNDLEV)


@rule(AimHEs, "LearnStartDate", "FUNDLEV")
def FUNDLEV_02(b: Batch) -> Mask:
    """An undergraduate aim has a funding level that is not undergraduate."""
    given = is_known(b.aim_hes.FUNDLEV)
    return has_other_level(b, UNDERGRADUATE_LEVELS, UNDERGRADUATE_TYPES, given)


@rule(AimHEs, "LearnStartDate", "FUNDLEV")
def FUNDLEV_03(b: Batch) -> Mask:
    """A postgraduate aim has a funding level that is not postgraduate."""
    given = is_known(b.aim_hes.FUNDLEV)
    return has_other_level(b, POSTGRADUATE_LEVELS, POSTGRADUATE_TYPES, given)


@rule(AimHEs, "LearnStartDate", "FUNDLEV")
def FUNDLEV_04(b: Batch) -> Mask:
    """The level applicable to the funding council is missing."""
    mask = is_null(b.aim_hes.FUNDLEV)
    mask &= b.aim_hes.of_parent(b.aims.LearnStartDate >= FROM_2024)
    return mask & ~needs_no_funding_fields(b, b.aim_hes, mask) if mask.any() else mask
