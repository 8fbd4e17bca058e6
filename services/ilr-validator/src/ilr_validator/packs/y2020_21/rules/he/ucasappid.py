"""UCASAPPID: the number of the application through UCAS."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows

FROM_2013: Final = day(2013, 8, 1)


def _person(b: Batch, rows: Rows) -> Text:
    own = b.learner_hes.first(b.learner_hes.UCASPERID.is_known)
    return b.learner_hes.UCASPERID.take(own[b.aim_hes.learner[rows]])


@rule(AimHEs, ("UCASPERID", _person), "LearnStartDate")
def UCASAPPID_01(b: Batch) -> Mask:
    """The UCAS application code of a student with a UCAS personal number is missing."""
    persons = b.aim_hes.of_learner(b.learner_hes.any(b.learner_hes.UCASPERID.is_known))
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    return persons & ~b.aim_hes.UCASAPPID.test(bool) & (starts >= FROM_2013)
