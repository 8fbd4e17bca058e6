"""Destination and progression records beside the learners (`LearnerDPQueryService`)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.tables import NO_ROW
from ilr_validator.engine.values import Mask, Rows, take_mask


@derived
def destination_of(b: Batch) -> Rows:
    """Give for each learner its first record by reference number, or NO_ROW.

    `GetDestinationAndProgressionForLearner`: letter case is ignored.
    """
    firsts: dict[str | None, int] = {}
    for row in range(b.destinations.size):
        reference = b.destinations.LearnRefNumber.at(row)
        firsts.setdefault(reference and reference.upper(), row)
    references = b.learners.LearnRefNumber
    rows = [firsts.get(text and text.upper(), NO_ROW) for text in references.values]
    return np.array(rows, np.intp)[references.codes]


@derived
def has_outcome(b: Batch) -> Mask:
    """Tell for each learner whether its destination and progression record has any outcome."""
    some = b.outcomes.any(np.ones(b.outcomes.size, bool))
    return take_mask(some, destination_of(b))


@derived
def outcomes_of(b: Batch, *types: str) -> Mask:
    """Tell for each outcome whether it is of one of these types, whatever the letter case."""
    return b.outcomes.OutType.is_any(*types)
