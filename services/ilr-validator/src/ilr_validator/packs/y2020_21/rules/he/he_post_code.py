"""HEPostCode: where the course is given."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries import postcodes

UNKNOWN: Final = "ZZ99 9ZZ"


@rule(AimHEs, "HEPostCode")
def HEPostCode_01(b: Batch) -> Mask:
    """The postcode of the place of study does not exist."""
    places = b.aim_hes.HEPostCode
    known = ~places.is_blank & ~places.is_exactly(UNKNOWN)
    return known & ~postcodes.exists(b, b.aim_hes, known, places)


@rule(AimHEs, "HEPostCode")
def HEPostCode_02(b: Batch) -> Mask:
    """The postcode of the place of study is not written as a postcode."""
    return ~b.aim_hes.HEPostCode.is_blank & ~postcodes.is_well_formed(b.aim_hes.HEPostCode)
