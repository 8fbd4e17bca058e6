"""Core aims of 16 to 19 year olds: one, and one at a time."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.tables import NO_ROW
from ilr_validator.engine.values import Dates, Mask, Rows, is_null, take
from ilr_validator.packs.queries.groups import neighbours

CORE = 5
FUNDED_16_TO_19 = 25


@derived
def _overlapped_core_aim(b: Batch) -> Rows:
    """Give for each learner the first core aim that had not ended when the next one began."""
    aims = b.aims
    one, other = neighbours(aims.AimType == CORE, aims.parent, aims.LearnStartDate)
    ends = aims.LearnActEndDate[one]
    hits = one[is_null(ends) | (ends >= aims.LearnStartDate[other])]
    learners, firsts = np.unique(aims.parent[hits], return_index=True)
    result = np.full(b.learners.size, NO_ROW)
    result[learners] = hits[firsts]
    return result


def _end(b: Batch, rows: Rows) -> Dates:
    return take(b.aims.LearnActEndDate, _overlapped_core_aim(b)[rows])


@rule(Learners, ("AimType", CORE), ("LearnActEndDate", _end))
def R58(b: Batch) -> Mask:
    """Core aims of the learner overlap."""
    return _overlapped_core_aim(b) >= 0


@rule(Learners, ("FundModel", FUNDED_16_TO_19), ("AimType", CORE))
def R63(b: Batch) -> Mask:
    """The learner is funded as 16 to 19 year old and has no core aim."""
    funded = b.aims.FundModel == FUNDED_16_TO_19
    return b.aims.any(funded) & ~b.aims.any(funded & (b.aims.AimType == CORE))
