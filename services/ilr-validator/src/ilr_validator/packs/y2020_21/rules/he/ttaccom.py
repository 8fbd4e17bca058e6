"""TTACCOM: where the student lives in term time."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs, LearnerHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.derived import dd06

FROM_2013: Final = day(2013, 8, 1)
FULL_TIME: Final = 1


@rule(LearnerHEs, "TTACCOM")
def TTACCOM_01(b: Batch) -> Mask:
    """The term-time accommodation is not a known code."""
    known = is_known(b.learner_hes.TTACCOM)
    return known & ~b.in_list("TTAccom", b.learner_hes, known, b.learner_hes.TTACCOM)


@rule(LearnerHEs, "TTACCOM")
def TTACCOM_02(b: Batch) -> Mask:
    """The code of the term-time accommodation was not valid when the first aim started."""
    hes = b.learner_hes
    starts = hes.of_parent(dd06.earliest_start(b))
    mask = is_known(hes.TTACCOM) & is_known(starts)
    mask &= b.in_list("TTAccom", hes, mask, hes.TTACCOM)
    return mask & ~b.in_list_at("TTAccom", hes, mask, starts, hes.TTACCOM)


@rule(AimHEs, "MODESTUD")
def TTACCOM_04(b: Batch) -> Mask:
    """The term-time accommodation of a full-time or sandwich student is missing."""
    lacking = ~b.learner_hes.any(is_known(b.learner_hes.TTACCOM))
    lacking &= dd06.earliest_start(b) >= FROM_2013
    return (b.aim_hes.MODESTUD == FULL_TIME) & b.aim_hes.of_learner(lacking)
