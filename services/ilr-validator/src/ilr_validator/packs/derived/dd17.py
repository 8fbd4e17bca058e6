"""DD17: whether the price of an apprenticeship standard is above the funding cap.

Official name: `DerivedData_17Rule`. The learner's programme aims of one standard (FundModel 81,
ProgType 25) are taken together, and each of them carries the answer.
"""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.reference import LarsStandardFundings
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, is_known, take
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.fin_records import total_negotiated_price


@derived
def qualifies(b: Batch) -> Mask:
    """Tell for each aim whether it is a programme aim of a standard under FundModel 81."""
    programmes: Mask = is_funded_by(b, 81) & is_of_type(b, 1) & is_of_programme(b, 25)
    return programmes & is_known(b.aims.StdCode)


@derived
def total_price(b: Batch) -> Numbers:
    """Give for each such aim the prices of all the learner's such aims of its standard; or null."""
    one, other = _together(b)
    prices = total_negotiated_price(b)[other]
    totals: Numbers = np.bincount(one, prices, b.aims.size).astype(np.float64)
    return np.where(qualifies(b), totals, np.nan)


def funding_cap(b: Batch, where: Mask) -> Numbers:
    """Give for each such aim of `where` the cap of its standard at the earliest start, or null.

    Of two fundings at that date, the one that closes first counts, one without an end before all.
    """
    aims = b.aims
    starts = _earliest_start(b)
    rows, others, fundings = b.lookup(
        LarsStandardFundings, aims, where & qualifies(b), aims.StdCode
    )
    ends = fundings.EffectiveTo[others]
    at = starts[rows]
    open_then = (at >= fundings.EffectiveFrom[others]) & ((at <= ends) | np.isnan(ends))
    chosen = pairs.first_of_least(aims.size, rows[open_then], others[open_then], ends[open_then])
    return take(fundings.CoreGovContributionCap, chosen)


def exceeds_cap(b: Batch, where: Mask) -> Mask:
    """Tell for each such aim of `where` whether two thirds of the total price exceed the cap."""
    thirds = np.trunc(total_price(b) / 3)
    result: Mask = where & (thirds * 2 > funding_cap(b, where))
    return result


@derived
def _together(b: Batch) -> tuple[Rows, Rows]:
    one, other = b.aims.siblings(qualifies(b), qualifies(b))
    alike = b.aims.StdCode[one] == b.aims.StdCode[other]
    return one[alike], other[alike]


@derived
def _earliest_start(b: Batch) -> Dates:
    starts = np.fmin(b.aims.OrigLearnStartDate, b.aims.LearnStartDate)
    one, other = _together(b)
    return pairs.least(b.aims.size, one, starts[other])
