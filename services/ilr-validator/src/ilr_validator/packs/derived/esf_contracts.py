"""The aims that start European Social Fund contracts, for the derived data that look from them."""

from typing import Final

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Rows
from ilr_validator.packs.queries import pairs

COMPLETED: Final = 2
"""CompStatus of an aim that was completed."""


@derived
def completed_starts(b: Batch) -> tuple[Rows, Rows]:
    """Pair each aim with each completed ZESF0001 of its learner and contract.

    Letter case is ignored, and an aim without a contract matches one without.
    """
    aims = b.aims
    completed = aims.LearnAimRef.is_any("ZESF0001") & (aims.CompStatus == COMPLETED)
    one, other = aims.siblings(aims.of_parent(aims.any(completed)), completed)
    alike = aims.ConRefNumber.folded[one] == aims.ConRefNumber.folded[other]
    return one[alike], other[alike]


@derived
def latest_completed_start(b: Batch) -> Rows:
    """Give for each aim the one of them that started last, or NO_ROW."""
    one, other = completed_starts(b)
    return pairs.first_of_greatest(b.aims.size, one, other, b.aims.LearnStartDate[other])


@derived
def first_completed_start(b: Batch) -> Rows:
    """Give for each aim the one of them that is recorded first, or NO_ROW."""
    one, other = completed_starts(b)
    return pairs.first(b.aims.size, one, other)
