"""NUMHUS: the student's instance identifier."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

FROM_2011: Final = day(2011, 8, 1)


@rule(AimHEs, "LearnStartDate")
def NUMHUS_01(b: Batch) -> Mask:
    """The student instance identifier is missing."""
    return b.aim_hes.NUMHUS.is_null & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2011)
