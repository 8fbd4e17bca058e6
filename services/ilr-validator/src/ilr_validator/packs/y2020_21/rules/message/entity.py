"""Whether the file holds anything at all."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Message
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(Message)
def Entity_1(b: Batch) -> Mask:
    """The file holds no learner."""
    return np.full(b.message.size, not b.learners.size and not b.destinations.size)
