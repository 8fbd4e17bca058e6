"""What the Learning Aims Reference Service knows of an aim (`LARSDataService`).

Every function answers for each aim and asks only for the aims of `where`: those that reach a table
that is absent are not run. So nothing here is kept from rule to rule. Dates are the aims' start
dates unless others are given, one for each aim.
"""

from collections.abc import Callable

import numpy as np

from ilr_validator.engine.batch import AnyReference, Batch
from ilr_validator.engine.reference import (
    LarsAims,
    LarsAnnualValues,
    LarsCategories,
    LarsFrameworkCommonComponents,
    LarsFrameworks,
    LarsValidities,
)
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import (
    Dates,
    Mask,
    Numbers,
    Rows,
    is_among,
    join_numbered,
    renumbered,
)


def is_current(starts: Dates, ends: Dates, dates: Dates) -> Mask:
    """Tell where a period holds the date (`IsCurrentAndNotWithdrawn`), column by column.

    No end is no limit; a period that ends before it starts was withdrawn and holds nothing.
    """
    result: Mask = ~(ends < starts) & (dates >= starts) & ((dates <= ends) | np.isnan(ends))
    return result


def _has_any(
    b: Batch,
    kind: type[AnyReference],
    where: Mask,
    tells: Callable[[AnyReference, Rows], Mask],
) -> Mask:
    """Tell for each aim whether a row of its reference is as `tells` says of rows of a table.

    The question must not depend on the aim: it is asked once for each distinct reference.
    """
    lars, references = b.whole(kind, b.aims, where), b.aims.LearnAimRef
    if not np.count_nonzero(where):
        return np.zeros(b.aims.size, bool)
    one, other = lars.matching(references.distinct)
    has = np.zeros(len(references.values), bool)
    has[one[tells(lars, other)]] = True
    return where & references.each(has)


# The aim itself.


def aim_exists(b: Batch, where: Mask) -> Mask:
    """Tell whether the aim reference exists (`LearnAimRefExists`)."""
    return b.exists(LarsAims, b.aims, where, b.aims.LearnAimRef)


def aim_rows(b: Batch, where: Mask) -> tuple[Rows, LarsAims]:
    """Give for each aim its row in LARS, or NO_ROW, and the table (`GetDeliveryFor`)."""
    return b.first(LarsAims, b.aims, where, b.aims.LearnAimRef)


def nvq_level(b: Batch, where: Mask) -> Text:
    """Give the notional NVQ level, version 2 (`GetNotionalNVQLevelv2ForLearnAimRef`)."""
    rows, lars = aim_rows(b, where)
    return lars.NotionalNVQLevelv2.take(rows)


def nvq_level_is(b: Batch, where: Mask, *levels: str) -> Mask:
    """Tell whether the level, version 2, is one of these, whatever the letter case.

    `NotionalNVQLevelV2MatchForLearnAimRefAndLevels`.
    """
    return nvq_level(b, where).is_any(*levels)


def nvq_level_is_exactly(b: Batch, where: Mask, *levels: str) -> Mask:
    """Tell whether the level, version 2, is one of these, letter case included.

    `NotionalNVQLevelV2MatchForLearnAimRefAndLevel`.
    """
    return nvq_level(b, where).is_exactly(*levels)


def old_nvq_level_is_exactly(b: Batch, where: Mask, *levels: str) -> Mask:
    """Tell whether the level of version 1 is one of these (`NotionalNVQLevelMatch…`)."""
    rows, lars = aim_rows(b, where)
    return lars.NotionalNVQLevel.take(rows).is_exactly(*levels)


def aim_type_is(b: Batch, where: Mask, *types: str) -> Mask:
    """Tell whether the type of the aim reference is one of these.

    `HasAnyLearningDeliveryForLearnAimRefAndTypes`.
    """
    rows, lars = aim_rows(b, where)
    return lars.LearnAimRefType.take(rows).is_any(*types)


def english_prescribed_id_is(b: Batch, where: Mask, *ids: float) -> Mask:
    """Tell whether the English prescribed identifier is one of these.

    `EnglishPrescribedIdsExistsforLearnAimRef`.
    """
    return _has_any(b, LarsAims, where, lambda lars, rows: is_among(lars.EnglPrscID[rows], ids))


def has_class_code(b: Batch, where: Mask, number: int) -> Mask:
    """Tell whether the aim has a LearnDirect class system code of this number, 1 to 3.

    `LearnDirectClassSystemCode1MatchForLearnAimRef` and the like; "NUL" means that it has none.
    """
    rows, lars = aim_rows(b, where)
    columns = {
        1: lars.LearnDirectClassSystemCode1,
        2: lars.LearnDirectClassSystemCode2,
        3: lars.LearnDirectClassSystemCode3,
    }
    code = columns[number].take(rows)
    return ~code.is_blank & ~code.is_any("NUL")


# Categories.


def has_category(b: Batch, where: Mask, *categories: float) -> Mask:
    """Tell whether the aim is in one of these categories, at whatever date.

    `LearnAimRefExistsForLearningDeliveryCategoryRef`.
    """
    return _has_any(
        b, LarsCategories, where, lambda lars, rows: is_among(lars.CategoryRef[rows], categories)
    )


def has_category_at(b: Batch, where: Mask, dates: Dates, *categories: float) -> Mask:
    """Tell whether the aim is in one of these categories at the date."""
    rows, others, lars = b.lookup(LarsCategories, b.aims, where, b.aims.LearnAimRef)
    current = is_current(lars.EffectiveFrom[others], lars.EffectiveTo[others], dates[rows])
    return b.aims.mask(rows[current & is_among(lars.CategoryRef[others], categories)])


# Annual values.


def _annual_at(b: Batch, where: Mask, dates: Dates | None) -> tuple[Rows, Rows, LarsAnnualValues]:
    rows, others, lars = b.lookup(LarsAnnualValues, b.aims, where, b.aims.LearnAimRef)
    at = (b.aims.LearnStartDate if dates is None else dates)[rows]
    current = is_current(lars.EffectiveFrom[others], lars.EffectiveTo[others], at)
    return rows[current], others[current], lars


def has_basic_skills(b: Batch, where: Mask, value: float) -> Mask:
    """Tell whether any annual value has this flag (`BasicSkillsMatchForLearnAimRef`)."""
    return _has_any(b, LarsAnnualValues, where, lambda lars, rows: lars.BasicSkills[rows] == value)


def has_basic_skills_type(b: Batch, where: Mask, *types: float) -> Mask:
    """Tell whether any annual value has one of these types, at whatever date.

    `BasicSkillsTypeMatchForLearnAimRef`.
    """
    return _has_any(
        b, LarsAnnualValues, where, lambda lars, rows: is_among(lars.BasicSkillsType[rows], types)
    )


def has_basic_skills_type_at(
    b: Batch, where: Mask, *types: float, dates: Dates | None = None
) -> Mask:
    """Tell whether an annual value current at the date has one of these types.

    `BasicSkillsMatchForLearnAimRefAndStartDate`.
    """
    rows, others, lars = _annual_at(b, where, dates)
    return b.aims.mask(rows[is_among(lars.BasicSkillsType[others], types)])


def entitlement_level2_is(b: Batch, where: Mask, level: float) -> Mask:
    """Tell whether any annual value has this full level 2 entitlement category."""
    return _has_any(
        b,
        LarsAnnualValues,
        where,
        lambda lars, rows: lars.FullLevel2EntitlementCategory[rows] == level,
    )


def entitlement_level3_is(b: Batch, where: Mask, level: float) -> Mask:
    """Tell whether any annual value has this full level 3 entitlement category."""
    return _has_any(
        b,
        LarsAnnualValues,
        where,
        lambda lars, rows: lars.FullLevel3EntitlementCategory[rows] == level,
    )


def percent_level2_is(b: Batch, where: Mask, percent: float, *, dates: Dates | None = None) -> Mask:
    """Tell whether a current annual value has this full level 2 percentage."""
    rows, others, lars = _annual_at(b, where, dates)
    return b.aims.mask(rows[lars.FullLevel2Percent[others] == percent])


def percent_level2_is_not(
    b: Batch, where: Mask, percent: float, *, dates: Dates | None = None
) -> Mask:
    """Tell whether a current annual value has another full level 2 percentage, or none."""
    rows, others, lars = _annual_at(b, where, dates)
    return b.aims.mask(rows[lars.FullLevel2Percent[others] != percent])


def percent_level3_is(b: Batch, where: Mask, percent: float, *, dates: Dates | None = None) -> Mask:
    """Tell whether a current annual value has this full level 3 percentage."""
    rows, others, lars = _annual_at(b, where, dates)
    return b.aims.mask(rows[lars.FullLevel3Percent[others] == percent])


# Validities.


def is_valid_at(b: Batch, where: Mask, dates: Dates, *categories: str) -> Mask:
    """Tell whether the aim is valid at the date, in one of these categories if any are given.

    `OrigLearnStartDateBetweenStartAndEndDateForValidityCategory` and `…ForAnyValidityCategory`,
    which ignore letter case; without categories `EffectiveDatesValidforLearnAimRef`.
    """
    rows, others, lars = b.lookup(LarsValidities, b.aims, where, b.aims.LearnAimRef)
    fits = is_current(lars.StartDate[others], lars.EndDate[others], dates[rows])
    if categories:
        fits &= lars.ValidityCategory.is_any(*categories)[others]
    return b.aims.mask(rows[fits])


def validities_of(b: Batch, where: Mask, categories: Text) -> tuple[Rows, Rows, LarsValidities]:
    """Pair each aim with the validities of its reference that are of its own category.

    Worked out once for each reference and category that occur together.
    """
    lars, rows = b.whole(LarsValidities, b.aims, where), where.nonzero()[0]
    references, width = b.aims.LearnAimRef, len(categories.values)
    both = references.codes[rows].astype(np.int64) * width + categories.codes[rows]
    distinct, numbers = renumbered(both, len(references.values) * width)
    reference, category = np.divmod(distinct, width)
    one, other = lars.matching(references.like(reference))
    held = lars.ValidityCategory.take(other)
    alike = categories.like(category[one]).equals(held, ignore_case=True)
    left, right = join_numbered(numbers, one[alike], len(distinct))
    return rows[left], other[alike][right], lars


# Frameworks.


def _frameworks(b: Batch, where: Mask) -> tuple[Rows, Rows, LarsFrameworks]:
    """Pair each aim with the frameworks of its reference that are the framework it names."""
    rows, others, lars = b.lookup(LarsFrameworks, b.aims, where, b.aims.LearnAimRef)
    alike = (
        (b.aims.ProgType[rows] == lars.ProgType[others])
        & (b.aims.FworkCode[rows] == lars.FworkCode[others])
        & (b.aims.PwayCode[rows] == lars.PwayCode[others])
    )
    return rows[alike], others[alike], lars


def has_framework(b: Batch, where: Mask) -> Mask:
    """Tell whether the aim belongs to its framework (`FrameworkCodeExistsForFrameworkAims`)."""
    rows, _, _ = _frameworks(b, where)
    return b.aims.mask(rows)


def has_framework_component(b: Batch, where: Mask, *types: float) -> Mask:
    """Tell whether the aim is such a component of any framework.

    `FrameWorkComponentTypeExistsInFrameworkAims`.
    """
    return _has_any(
        b,
        LarsFrameworks,
        where,
        lambda lars, rows: is_among(lars.FrameworkComponentType[rows], types),
    )


def has_framework_component_at(b: Batch, where: Mask, dates: Dates, *types: float) -> Mask:
    """Tell whether the aim is such a component of its framework at the date.

    `FrameworkCodeExistsForFrameworkAimsAndFrameworkComponentTypes`.
    """
    rows, others, lars = _frameworks(b, where)
    ends = lars.EndDate[others]
    at = dates[rows]
    fits = (at >= lars.StartDate[others]) & ((at <= ends) | np.isnan(ends))
    return b.aims.mask(rows[fits & is_among(lars.FrameworkComponentType[others], types)])


def is_shared_component(b: Batch, where: Mask) -> Mask:
    """Tell whether the aim is a common component of its framework.

    `FrameworkCodeExistsForCommonComponent`.
    """
    aims = b.aims
    in_framework = has_framework(b, where & aim_exists(b, where))
    components = _shared_component(b, in_framework)
    rows, others, lars = b.lookup(LarsFrameworkCommonComponents, aims, in_framework, aims.FworkCode)
    fits = (
        (aims.ProgType[rows] == lars.ProgType[others])
        & (aims.PwayCode[rows] == lars.PwayCode[others])
        & (components[rows] == lars.CommonComponent[others])
    )
    return aims.mask(rows[fits])


def _shared_component(b: Batch, where: Mask) -> Numbers:
    rows, others, lars = b.lookup(LarsAims, b.aims, where, b.aims.LearnAimRef)
    result = np.full(b.aims.size, np.nan)
    result[rows] = lars.FrameworkCommonComponent[others]
    return result


def framework_ended(b: Batch, where: Mask) -> Mask:
    """Tell whether the aim starts after its framework ended.

    `LearnStartDateGreaterThanFrameworkEffectiveTo`.
    """
    rows, others, lars = _frameworks(b, where)
    return b.aims.mask(rows[b.aims.LearnStartDate[rows] > lars.EffectiveTo[others]])
