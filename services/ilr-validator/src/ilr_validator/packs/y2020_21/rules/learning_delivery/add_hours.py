"""AddHours: additional delivery hours of an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.queries.aims import average_additional_hours
from ilr_validator.packs.queries.lars import has_basic_skills_type_at

AUGUST_2015 = day(2015, 8, 1)
ENGLISH_FOR_SPEAKERS_OF_OTHER_LANGUAGES = (36, 37, 38, 39, 40, 41, 42)
"""Basic skills types of aims in English for speakers of other languages."""


@rule(Aims, "LearnStartDate", "FundModel", "AddHours")
def AddHours_01(b: Batch) -> Mask:
    """Additional delivery hours stand on an aim that started before August 2015."""
    a = b.aims
    return is_known(a.AddHours) & (a.LearnStartDate < AUGUST_2015) & one_of(a.FundModel, 35, 36, 81)


@rule(Aims, "FundModel", "AddHours")
def AddHours_02(b: Batch) -> Mask:
    """Additional delivery hours stand on an aim of a funding model that has none."""
    return is_known(b.aims.AddHours) & one_of(b.aims.FundModel, 25, 82, 10, 99)


@rule(Aims, "LearnAimRef", "AddHours")
def AddHours_03(b: Batch) -> Mask:
    """Additional delivery hours stand on an aim that is not English for speakers of others."""
    mask = is_known(b.aims.AddHours)
    if not mask.any():
        return mask
    named = mask & b.aims.LearnAimRef.test(bool)
    return mask & ~has_basic_skills_type_at(b, named, *ENGLISH_FOR_SPEAKERS_OF_OTHER_LANGUAGES)


@rule(Aims, "LearnStartDate", "LearnPlanEndDate", "AddHours")
def AddHours_04(b: Batch) -> Mask:
    """The additional delivery hours come to more than 24 a day."""
    mask = b.aims.AddHours > 60
    return mask & (average_additional_hours(b) > 24)


@rule(Aims, "LearnStartDate", "LearnPlanEndDate", "AddHours")
def AddHours_05(b: Batch) -> Mask:
    """The additional delivery hours come to more than 35 a week."""
    mask = b.aims.AddHours > 60
    return mask & (average_additional_hours(b) * 7 > 35)


@rule(Aims, "LearnStartDate", "LearnPlanEndDate", "AddHours")
def AddHours_06(b: Batch) -> Mask:
    """The additional delivery hours come to more than 9 a day."""
    average = average_additional_hours(b)
    return (average > 9) & (average < 24)
