"""QUALENT3: the highest qualification on entry."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam

FROM_2010: Final = day(2010, 8, 1)


@rule(AimHEs, "LearnStartDate")
def QUALENT3_01(b: Batch) -> Mask:
    """The qualification on entry is missing."""
    return b.aim_hes.QUALENT3.is_null & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2010)


@rule(AimHEs, "QUALENT3")
def QUALENT3_02(b: Batch) -> Mask:
    """The qualification on entry is not a known code."""
    known = b.aim_hes.QUALENT3.is_known
    return known & ~b.in_list("QualEnt3", b.aim_hes, known, b.aim_hes.QUALENT3)


@rule(AimHEs, "LearnStartDate", "QUALENT3")
def QUALENT3_03(b: Batch) -> Mask:
    """The qualification on entry was not a valid code when the aim started."""
    hes = b.aim_hes
    given = hes.QUALENT3.test(bool) & ~hes.of_parent(has_fam(b, "RES"))
    starts = hes.of_parent(b.aims.LearnStartDate)
    return given & ~b.in_list_at("QualEnt3", hes, given, starts, hes.QUALENT3)
