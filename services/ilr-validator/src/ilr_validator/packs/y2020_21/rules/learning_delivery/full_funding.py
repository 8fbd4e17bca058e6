"""What the rules on full funding (FFI 1) of adult skills have in common; no rule stands here."""

from typing import Final

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.rule import Parameter
from ilr_validator.engine.values import Mask, between, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd29 import is_inflexible_training
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.fams import has_fam

ENGLISH_AND_MATHS: Final = (
    1, 2, 11, 12, 13, 14, 19, 20, 21, 23, 24, 25, 29, 30, 31, 32, 33, 34, 35,
)  # fmt: skip
"""Basic skills types of LARS."""
ESSENTIAL_DIGITAL: Final = 43
UP_TO_LEVEL_2: Final = ("E", "1", "2")
ENTITLEMENT_LEVEL_2: Final = 37  # category in LARS
IN_CUSTODY, ON_LICENCE, STEEL_REDUNDANCY, LOW_WAGES = "034", "328", "347", "363"  # LDM
DEVOLVED_EXCLUSION: Final = "023"  # DAM

REPORTED_BEFORE_2017: Final[tuple[Parameter, ...]] = (
    "UKPRN",
    "LearnAimRef",
    "ProgType",
    "FundModel",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
    "LearnStartDate",
    "DateOfBirth",
)
"""What the rules on starts before August 2017 report of an aim."""
REPORTED_SINCE_2020: Final[tuple[Parameter, ...]] = (
    "UKPRN",
    "DateOfBirth",
    "LearnAimRef",
    "LearnStartDate",
    "FundModel",
    "ProgType",
    ("LearnDelFAMType", "FFI"),
    ("LearnDelFAMCode", "1"),
)
"""What the rules on starts from August 2020 report of an aim."""


@derived
def is_aged(b: Batch, low: float, high: float) -> Mask:
    """Tell for each aim whether the learner's age at its start is from low to high."""
    return between(age_at_start(b), low, high)


@derived
def is_adult_fully_funded(b: Batch, *excluded_monitoring: str) -> Mask:
    """Tell for each aim whether it is fully funded adult skills that the rules look at.

    No apprenticeship, no restart, and none of these monitoring codes (LDM).
    """
    funded = (b.aims.FundModel == 35) & has_fam(b, "FFI", "1")
    other = is_apprenticeship(b) | has_fam(b, "RES") | has_fam(b, "LDM", *excluded_monitoring)
    return funded & ~other


def is_funded_at_age(b: Batch, low: float, high: float, *excluded_monitoring: str) -> Mask:
    """Tell the same of learners aged from low to high, but for aims that devolution exempts."""
    mask = is_adult_fully_funded(b, *excluded_monitoring) & is_aged(b, low, high)
    return mask & ~has_fam(b, "DAM", DEVOLVED_EXCLUSION)


def is_up_to_level_2(b: Batch, where: Mask, *basic_skills: float) -> Mask:
    """Tell whether an aim of `where` is up to level 2, and neither inflexible nor a basic skill."""
    mask = where & lars.nvq_level_is(b, where, *UP_TO_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask, *basic_skills)


def lacks_entitlement(b: Batch, where: Mask, *basic_skills: float) -> Mask:
    """Tell the same of an aim at level 2, unless LARS has it among those of the entitlement."""
    mask = where & lars.nvq_level_is_exactly(b, where, "2")
    mask &= ~lars.has_category(b, mask, ENTITLEMENT_LEVEL_2)
    return _is_not_inflexible_or_basic(b, mask, *basic_skills)


def _is_not_inflexible_or_basic(b: Batch, where: Mask, *basic_skills: float) -> Mask:
    mask = where & ~is_inflexible_training(b, where)
    return mask & ~is_running_basic_skill(b, mask, *basic_skills)


def is_running_basic_skill(b: Batch, where: Mask, *types: float) -> Mask:
    """Tell for each aim whether it runs in LARS when it starts and is ever of one of these types.

    The aim's own dates count, not those of its annual values.
    """
    rows, aims = lars.aim_rows(b, where)
    starts = b.aims.LearnStartDate
    early, late = starts < take(aims.EffectiveFrom, rows), starts > take(aims.EffectiveTo, rows)
    return lars.has_basic_skills_type(b, where & (rows >= 0) & ~early & ~late, *types)
