"""What LARS knows of apprenticeship standards (the questions of `LARSDataService` on standards).

Asked for aims by their StdCode; as in `lars`, only for the aims of `where`.
"""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import LarsStandards, LarsStandardValidities
from ilr_validator.engine.values import Dates, Mask, Rows
from ilr_validator.packs.queries.lars import is_current


def standard_exists(b: Batch, where: Mask) -> Mask:
    """Tell whether the standard exists (`ContainsStandardFor`)."""
    return b.exists(LarsStandards, b.aims, where, b.aims.StdCode)


def standard_rows(b: Batch, where: Mask) -> tuple[Rows, LarsStandards]:
    """Give for each aim its standard's row, or NO_ROW, and the table (`GetStandardFor`)."""
    return b.first(LarsStandards, b.aims, where, b.aims.StdCode)


def is_valid_at(b: Batch, where: Mask, dates: Dates) -> Mask:
    """Tell whether the standard is valid at the date, in whatever category.

    `LearnStartDateGreaterThanStandardsEffectiveTo`, in spite of its name.
    """
    rows, others, lars = b.lookup(LarsStandardValidities, b.aims, where, b.aims.StdCode)
    current = is_current(lars.StartDate[others], lars.EndDate[others], dates[rows])
    return b.aims.mask(rows[current])
