"""DD04: when the programme that an aim belongs to started (`DerivedData_04Rule`)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates, same
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_of_type


@derived
def earliest_programme_start(b: Batch) -> Dates:
    """Give for each aim the earliest start of the learner's programme aims of its programme.

    Same ProgType, FworkCode and PwayCode, null being equal to null; null where there is none.
    """
    aims = b.aims
    one, other = aims.siblings(np.ones(aims.size, bool), is_of_type(b, 1))
    alike = (
        same(aims.ProgType[one], aims.ProgType[other])
        & same(aims.FworkCode[one], aims.FworkCode[other])
        & same(aims.PwayCode[one], aims.PwayCode[other])
    )
    return pairs.least(aims.size, one[alike], aims.LearnStartDate[other[alike]])
