"""DD36: when a programme aim ends in effect (`DerivedData_36Rule`)."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.values import Dates, Mask, is_known
from ilr_validator.packs.queries.aims import is_of_programme, is_of_type

NEVER: Final = day(2099, 12, 31) + 86_399 / 86_400
"""The last second of 2099: the effective end of what has not ended."""


@derived
def effective_end(b: Batch) -> Dates:
    """Give for each programme aim its actual end, NEVER while it is open; null for other aims.

    A standard (ProgType 25) ends when it is achieved, if that is known.
    """
    return _end(b, is_of_programme(b, 25))


@derived
def effective_end_2025(b: Batch) -> Dates:
    """Give the same by the definition of 2025-26: ProgType 32 ends when it is achieved, too."""
    return _end(b, is_of_programme(b, 25, 32))


def _end(b: Batch, ends_when_achieved: Mask) -> Dates:
    aims = b.aims
    achieved = ends_when_achieved & is_known(aims.AchDate)
    ends = np.where(achieved, aims.AchDate, aims.LearnActEndDate)
    return np.where(is_of_type(b, 1), np.where(is_known(ends), ends, NEVER), np.nan)
