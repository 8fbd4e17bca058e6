"""LearnerHE: the student's own higher education record."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import LearnerHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(LearnerHEs, ("LearnerHE", None))
def LearnerHE_02(b: Batch) -> Mask:
    """The learner has a higher education record but none of the aims has one."""
    return ~b.learner_hes.of_parent(b.learners.mask(b.aim_hes.learner))
