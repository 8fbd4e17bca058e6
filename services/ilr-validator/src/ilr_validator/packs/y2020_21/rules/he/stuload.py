"""STULOAD: the full-time equivalence of the student instance."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null

FROM_2013: Final = day(2013, 8, 1)


@rule(AimHEs, "LearnStartDate")
def STULOAD_04(b: Batch) -> Mask:
    """The full-time equivalence of the student instance is missing."""
    return is_null(b.aim_hes.STULOAD) & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2013)
