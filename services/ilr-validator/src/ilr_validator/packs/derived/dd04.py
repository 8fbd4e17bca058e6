"""DD04: when the programme that an aim belongs to started (`DerivedData_04Rule`).

The years differ in what makes two aims parts of one programme.
"""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates, Numbers, is_known, same
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_of_type


@derived
def earliest_programme_start(b: Batch) -> Dates:
    """Give for each aim the earliest start of the learner's programme aims of its programme.

    Same ProgType, FworkCode and PwayCode, null being equal to null; null where there is none.
    """
    aims = b.aims
    return _earliest_start(b, aims.ProgType, aims.FworkCode, aims.PwayCode)


@derived
def earliest_programme_start_2025(b: Batch) -> Dates:
    """Give the same as defined in 2025-26: same ProgType, which must be there, and StdCode."""
    starts = _earliest_start(b, b.aims.ProgType, b.aims.StdCode)
    return np.where(is_known(b.aims.ProgType), starts, np.nan)


def _earliest_start(b: Batch, *keys: Numbers) -> Dates:
    aims = b.aims
    one, other = aims.siblings(np.ones(aims.size, bool), is_of_type(b, 1))
    for key in keys:
        alike = same(key[one], key[other])
        one, other = one[alike], other[alike]
    return pairs.least(aims.size, one, aims.LearnStartDate[other])
