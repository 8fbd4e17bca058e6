"""LearningDeliveryHE: which aims have a higher education record, and which must not."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.y2020_21.rules.he.learning_delivery_he import (
    HIGHER_LEVELS,
    PRESCRIBED,
    has_he,
    has_needless_he,
    lacks_he,
)
from ilr_validator.packs.y2020_21.rules.he.provider import is_of_college, is_of_college_alone
from ilr_validator.packs.y2025_26.rules.he.register import is_registered

KEPT = carried("2020-21", "LearningDeliveryHE_02")

FUNDED: Final = (25, 35, 38, 99)
COMMUNITY_LEARNING: Final = 10
TAILORED_LEARNING: Final = 11
STANDARD: Final = 25
PROGRAMME_AIM: Final = 1
FROM_2025: Final = day(2025, 8, 1)


@rule(Aims, "FundModel")
def LearningDeliveryHE_03(b: Batch) -> Mask:
    """The higher education record of a college's aim at level 4 or above is missing."""
    mask = one_of(b.aims.FundModel, *FUNDED) & lacks_he(b) & ~is_apprenticeship(b)
    if not mask.any():
        return mask
    mask = is_of_college_alone(b, mask)
    mask = mask & is_registered(b, mask)
    return mask & lars.nvq_level_is(b, mask, *HIGHER_LEVELS)


@rule(Aims, "FundModel")
def LearningDeliveryHE_06(b: Batch) -> Mask:
    """A community learning aim below level 4 has a higher education record."""
    return has_needless_he(b, COMMUNITY_LEARNING)


@rule(Aims, "ProgType")
def LearningDeliveryHE_07(b: Batch) -> Mask:
    """The higher education record of an apprenticeship's prescribed aim is missing."""
    mask = (b.aims.ProgType == STANDARD) & lacks_he(b)
    if not mask.any():
        return mask
    mask = is_of_college_alone(b, mask)
    mask = mask & is_registered(b, mask)
    return mask & lars.english_prescribed_id_is(b, mask, *PRESCRIBED)


@rule(Aims)
def LearningDeliveryHE_08(b: Batch) -> Mask:
    """The higher education record of a prescribed aim is missing."""
    mask = lacks_he(b)
    if not mask.any():
        return mask
    mask = mask & ~is_of_college(b, mask)
    mask = mask & is_registered(b, mask)
    return mask & lars.english_prescribed_id_is(b, mask, *PRESCRIBED)


@rule(Aims, "FundModel")
def LearningDeliveryHE_09(b: Batch) -> Mask:
    """A tailored learning aim below level 4 has a higher education record."""
    return has_needless_he(b, TAILORED_LEARNING)


@rule(Aims, "AimType", ("LearningDeliveryHE", None))
def LearningDeliveryHE_10(b: Batch) -> Mask:
    """A programme aim that started in 2025 or later has a higher education record."""
    mask = has_he(b) & (b.aims.AimType == PROGRAMME_AIM)
    return mask & (b.aims.LearnStartDate >= FROM_2025)
