"""PERMADDCOUNTRY: the country of the permanent address, which was the domicile to 2024-25."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

FROM_2013: Final = day(2013, 8, 1)


@rule(AimHEs, "LearnStartDate")
def PERMADDCOUNTRY_01(b: Batch) -> Mask:
    """The country of the permanent address is missing."""
    missing = b.aim_hes.PERMADDCOUNTRY.is_blank
    return missing & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2013)


@rule(AimHEs, "PERMADDCOUNTRY")
def PERMADDCOUNTRY_02(b: Batch) -> Mask:
    """The country of the permanent address is not one of the known codes, which are in capitals."""
    countries = b.aim_hes.PERMADDCOUNTRY
    known = countries.is_known
    return known & ~b.in_list("Domicile", b.aim_hes, known, countries, as_written=True)
