"""LearnAimRef: aims that LARS does not hold valid for their funding at their dates.

Which validity category and which category an aim must have are derived: see `validity_category`
and `category_ref`. Where LARS holds several periods of one category, the date must be in all of
them, as in the official engine.
"""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import LarsCategories
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, is_known, is_null, take
from ilr_validator.packs.derived.category_ref import category_ref_01, category_ref_02
from ilr_validator.packs.derived.validity_category import (
    validity_category_01,
    validity_category_02,
)
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.lars import validities_of


def _categories(b: Batch, where: Mask, categories: Numbers) -> tuple[Rows, Rows, LarsCategories]:
    rows, others, lars = b.lookup(LarsCategories, b.aims, where, b.aims.LearnAimRef)
    alike = categories[rows] == lars.CategoryRef[others]
    return rows[alike], others[alike], lars


def _lacks(b: Batch, where: Mask, rows: Rows, is_outside: Mask) -> Mask:
    """Tell for each aim whether it is paired with no period, or with one it is outside of."""
    return where & (~b.aims.mask(rows) | b.aims.mask(rows[is_outside]))


@rule(Aims, "LearnStartDate", "LearnAimRef")
def LearnAimRef_88(b: Batch) -> Mask:
    """New starts on the aim were not allowed for its funding on the start date."""
    starts = b.aims.LearnStartDate
    wanted, category = validity_category_01(b), category_ref_01(b)
    mask = wanted.is_known
    if not mask.any():
        return mask
    rows, others, lars = validities_of(b, mask, wanted)
    outside = (starts[rows] < lars.StartDate[others]) | (
        starts[rows] > lars.LastNewStartDate[others]
    )
    mask = _lacks(b, mask, rows, outside)
    return mask & (is_null(category) | _is_outside_category(b, mask, category))


def _is_outside_category(b: Batch, mask: Mask, category: Numbers) -> Mask:
    """Tell for each aim of a mask whether it did not start in a period of its category."""
    where = mask & is_known(category)
    if not where.any():
        return where
    starts = b.aims.LearnStartDate
    rows, others, lars = _categories(b, where, category)
    outside = (starts[rows] < lars.EffectiveFrom[others]) | (
        starts[rows] > lars.EffectiveTo[others]
    )
    return _lacks(b, where, rows, outside)


@rule(Aims, "LearnAimRef")
def LearnAimRef_89(b: Batch) -> Mask:
    """The aim was no longer valid for its funding when this teaching year began."""
    wanted = validity_category_01(b)
    mask = wanted.is_known
    if not mask.any():
        return mask
    category = category_ref_01(b)
    held, _, _ = _categories(b, mask & is_known(category), category)
    mask = mask & ~b.aims.mask(held)
    rows, others, lars = validities_of(b, mask, wanted)
    latest = pairs.first_of_greatest(b.aims.size, rows, others, lars.StartDate[others])
    ended = take(lars.EndDate, latest) <= b.year.previous_year_end
    return mask & ((latest < 0) | ended)


def _before_first(b: Batch, stops: Mask) -> Mask:
    """Find the aims that stand before the learner's first aim of the mask."""
    first = b.aims.first(stops)[b.aims.learner]
    result: Mask = (first < 0) | (np.arange(b.aims.size) < first)
    return result


@rule(Aims, "LearnStartDate", "LearnAimRef")
def LearnAimRef_91(b: Batch) -> Mask:
    """The ended aim was not valid for its funding on its start date.

    The official engine looks no further than a learner's first aim that is open or ended before
    this year.
    """
    a = b.aims
    wanted, category = validity_category_02(b), category_ref_02(b)
    mask = wanted.is_known & _before_first(b, ~(a.LearnActEndDate >= b.year.start))
    if not mask.any():
        return mask
    rows, others, lars = validities_of(b, mask, wanted)
    starts = a.LearnStartDate[rows]
    outside = (starts < lars.StartDate[others]) | (starts > lars.EndDate[others])
    mask = _lacks(b, mask, rows, outside)
    return mask & (is_null(category) | _is_outside_category(b, mask, category))


@rule(Aims, "LearnActEndDate", "LearnAimRef")
def LearnAimRef_92(b: Batch) -> Mask:
    """The aim was no longer valid for its funding when it ended or the file was prepared.

    The official engine looks no further than a learner's first aim that ended before this year.
    """
    a = b.aims
    wanted, category = validity_category_02(b), category_ref_02(b)
    mask = wanted.is_known & _before_first(b, a.LearnActEndDate < b.year.start)
    if not mask.any():
        return mask
    dates = _ends_or_preparation(b, mask)
    rows, others, lars = validities_of(b, mask, wanted)
    mask = _lacks(b, mask, rows, dates[rows] > lars.EndDate[others])
    where = mask & is_known(category)
    rows, others, categories = _categories(b, where, category)
    late = dates[rows] > categories.EffectiveTo[others]
    return mask & (is_null(category) | _lacks(b, where, rows, late))


def _ends_or_preparation(b: Batch, where: Mask) -> Dates:
    """Give the actual end, else the day of the file, which is asked for only where it is needed."""
    ends = b.aims.LearnActEndDate
    if not (where & is_null(ends)).any():
        return ends
    return np.where(np.isnan(ends), b.preparation_date, ends)
