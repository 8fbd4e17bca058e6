"""AimSeqNumber: the numbers of a learner's aims."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(Aims, "AimSeqNumber")
def AimSeqNumber_02(b: Batch) -> Mask:
    """The aim's sequence number is greater than the learner's number of aims."""
    counts = b.aims.count(np.ones(b.aims.size, bool))
    return b.aims.AimSeqNumber > b.aims.of_parent(counts)
