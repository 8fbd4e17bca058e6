"""LearningDeliveryHE: which aims have a higher education record, and which must not."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.he.provider import (
    is_of_college,
    is_of_college_alone,
    is_of_university,
)

HIGHER_LEVELS: Final = ("4", "5", "6", "7", "8", "H")
PRESCRIBED: Final = (1, 2)
FUNDED: Final = (25, 35, 99)
COMMUNITY_OR_ESF: Final = (10, 70)
HIGHER_APPRENTICESHIPS: Final = (20, 21, 22, 23, 25)


def has_he(b: Batch) -> Mask:
    """Tell which aims have a higher education record."""
    return b.aims.mask(b.aim_hes.parent)


def lacks_he(b: Batch) -> Mask:
    """Tell which aims lack the record and were not reported by HESA."""
    return ~has_he(b) & ~has_fam(b, "LDM", "352")


@rule(Aims, "FundModel")
def LearningDeliveryHE_02(b: Batch) -> Mask:
    """The higher education record of an aim funded by the OfS is missing."""
    mask = (b.aims.FundModel == 99) & has_fam(b, "SOF", "1") & lacks_he(b)
    return mask & ~is_of_university(b, mask) if mask.any() else mask


@rule(Aims, "FundModel")
def LearningDeliveryHE_03(b: Batch) -> Mask:
    """The higher education record of a college's aim at level 4 or above is missing."""
    mask = one_of(b.aims.FundModel, *FUNDED) & lacks_he(b) & ~is_apprenticeship(b)
    if not mask.any():
        return mask
    mask = is_of_college_alone(b, mask)
    return mask & lars.nvq_level_is(b, mask, *HIGHER_LEVELS)


@rule(Aims, "FundModel")
def LearningDeliveryHE_06(b: Batch) -> Mask:
    """A community learning or ESF aim below level 4 has a higher education record."""
    return has_needless_he(b, *COMMUNITY_OR_ESF)


def has_needless_he(b: Batch, *fund_models: int) -> Mask:
    """Tell which aims of these funding models have the record below level 4."""
    mask = one_of(b.aims.FundModel, *fund_models) & has_he(b)
    return mask & ~lars.nvq_level_is(b, mask, *HIGHER_LEVELS) if mask.any() else mask


@rule(Aims, "ProgType")
def LearningDeliveryHE_07(b: Batch) -> Mask:
    """The higher education record of a higher apprenticeship's prescribed aim is missing."""
    mask = one_of(b.aims.ProgType, *HIGHER_APPRENTICESHIPS) & lacks_he(b)
    if not mask.any():
        return mask
    mask = is_of_college_alone(b, mask)
    return mask & lars.english_prescribed_id_is(b, mask, *PRESCRIBED)


@rule(Aims)
def LearningDeliveryHE_08(b: Batch) -> Mask:
    """The higher education record of a prescribed aim is missing."""
    mask = lacks_he(b)
    if not mask.any():
        return mask
    mask &= ~is_of_college(b, mask)
    mask &= ~is_of_university(b, mask)
    return mask & lars.english_prescribed_id_is(b, mask, *PRESCRIBED)
