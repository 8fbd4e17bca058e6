"""Which prior attainment holds on a date, since it is a record of its own (2021-22)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Numbers, is_known, take
from ilr_validator.packs.queries import pairs


@derived
def level_at_start(b: Batch) -> Numbers:
    """Give for each aim the learner's latest prior level by its start; null where none applies."""
    attained = b.prior_attainments
    everything = np.ones(b.aims.size, bool)
    aims, rows = b.aims.pairs(everything, attained, is_known(attained.DateLevelApp))
    applied = attained.DateLevelApp[rows]
    by_then = applied <= b.aims.LearnStartDate[aims]
    latest = pairs.first_of_greatest(b.aims.size, aims[by_then], rows[by_then], applied[by_then])
    return take(attained.PriorLevel, latest)
