"""LearnDelFAMType: free courses for jobs (LDM 378 and 382) and their categories in LARS."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2025_26.rules.learning_delivery.aim_validity import FREE_COURSE_FAM
from ilr_validator.packs.y2025_26.rules.learning_delivery.learn_del_fam_type_sources import (
    source_of,
)

FREE_COURSES = "378"
LOW_WAGES = "382"
EARNINGS_THRESHOLD = "391"
PILOT = "395"
RATE_1, RATE_2, ONLY, SHORT, DEVOLVED = 45, 46, 48, 49, 56  # categories in LARS
FROM_APRIL_2021 = day(2021, 4, 1)
FROM_2024 = day(2024, 8, 1)


def _has_free_courses(b: Batch) -> Mask:
    return has_fam(b, "LDM", FREE_COURSES)


@rule(Aims, *FREE_COURSE_FAM, "FundModel", "LearnAimRef")
def LearnDelFAMType_98(b: Batch) -> Mask:
    """The aim is not among the free courses for jobs (LDM 378; start before August 2024)."""
    mask = (b.aims.FundModel == 35) & (b.aims.LearnStartDate < FROM_2024) & _has_free_courses(b)
    mask &= lars.aim_exists(b, mask)
    return mask & ~lars.has_category(b, mask, RATE_1, RATE_2, SHORT, DEVOLVED, ONLY)


@rule(Aims, *FREE_COURSE_FAM, "FundModel", "LearnAimRef")
def LearnDelFAMType_99(b: Batch) -> Mask:
    """The aim exists for free courses for jobs only and lacks their code (LDM 378)."""
    mask = (b.aims.FundModel == 35) & (b.aims.LearnStartDate < FROM_2024)
    mask &= ~_has_free_courses(b) & ~is_combined_authority(b)
    return lars.has_category(b, mask, ONLY)


@rule(Aims, "LearnStartDate", *FREE_COURSE_FAM)
def LearnDelFAMType_100(b: Batch) -> Mask:
    """Free courses for jobs (LDM 378) are for starts from April 2021."""
    return _has_free_courses(b) & (b.aims.LearnStartDate < FROM_APRIL_2021)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", LOW_WAGES))
def LearnDelFAMType_108(b: Batch) -> Mask:
    """Free courses for low wages (LDM 382) need LDM 378 (start before August 2024)."""
    early = has_fam(b, "LDM", LOW_WAGES) & (b.aims.LearnStartDate < FROM_2024)
    return early & ~_has_free_courses(b)


@rule(
    Aims,
    "LearnStartDate",
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", source_of),
    "LearnAimRef",
)
def LearnDelFAMType_110(b: Batch) -> Mask:
    """This free course for jobs (LDM 378) needs a combined authority as source of funding."""
    mask = _has_free_courses(b) & ~is_combined_authority(b) & ~has_fam(b, "RES")
    return lars.has_category_at(b, mask, b.aims.LearnStartDate, DEVOLVED)


def _is_outside(b: Batch, where: Mask, *categories: float) -> Mask:
    """Tell whether an aim has such a category, and none of them holds when it starts."""
    mask = where & lars.has_category(b, where, *categories)
    return mask & ~lars.has_category_at(b, mask, b.aims.LearnStartDate, *categories)


@rule(Aims, *FREE_COURSE_FAM, "LearnAimRef", "LearnStartDate")
def LearnDelFAMType_114(b: Batch) -> Mask:
    """The aim was no free course for jobs (LDM 378) when it started (before August 2024)."""
    mask = _has_free_courses(b) & (b.aims.LearnStartDate < FROM_2024) & ~has_fam(b, "RES")
    return _is_outside(b, mask & ~is_combined_authority(b), RATE_1, RATE_2)


@rule(Aims, *FREE_COURSE_FAM)
def LearnDelFAMType_120(b: Batch) -> Mask:
    """Free courses for jobs (LDM 378) from August 2024 need the earnings threshold (LDM 391)."""
    late = _has_free_courses(b) & (b.aims.LearnStartDate >= FROM_2024)
    return late & ~has_fam(b, "LDM", EARNINGS_THRESHOLD)


@rule(Aims, *FREE_COURSE_FAM, "FundModel", "LearnAimRef")
def LearnDelFAMType_121(b: Batch) -> Mask:
    """The aim is not among the free courses for jobs (LDM 378; start from August 2024)."""
    mask = (b.aims.FundModel == 38) & (b.aims.LearnStartDate >= FROM_2024) & _has_free_courses(b)
    mask &= ~has_fam(b, "LDM", PILOT)
    mask &= lars.aim_exists(b, mask)
    return mask & ~lars.has_category(b, mask, RATE_1, RATE_2, SHORT, DEVOLVED)


@rule(Aims, *FREE_COURSE_FAM, "LearnAimRef", "LearnStartDate")
def LearnDelFAMType_129(b: Batch) -> Mask:
    """The aim was no devolved free course for jobs (LDM 378) when it started."""
    mask = _has_free_courses(b) & is_combined_authority(b) & ~has_fam(b, "RES")
    mask = _is_outside(b, mask, DEVOLVED)
    return mask & ~lars.has_category(b, mask, RATE_1, RATE_2)
