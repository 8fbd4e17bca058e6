"""DOMICILE: where a student lived before the course."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

FROM_2013: Final = day(2013, 8, 1)


@rule(AimHEs, "LearnStartDate")
def DOMICILE_01(b: Batch) -> Mask:
    """The domicile is missing on an aim with a higher education record."""
    return (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2013) & b.aim_hes.DOMICILE.is_blank


@rule(AimHEs, "DOMICILE")
def DOMICILE_02(b: Batch) -> Mask:
    """The domicile is not one of the known codes, which are in capitals."""
    domiciles = b.aim_hes.DOMICILE
    known = domiciles.is_known
    return known & ~b.in_list("Domicile", b.aim_hes, known, domiciles, as_written=True)
