"""MSTUFEE: the major source of tuition fees."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, one_of
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "MSTUFEE_01", "MSTUFEE_02")

FROM_2021: Final = day(2021, 8, 1)
UNTIL_2025: Final = day(2025, 7, 31)
NATIONAL_AWARDS: Final = (2, 3, 4, 52, 53, 54)
SCOTTISH_AWARD_OR_LOAN: Final = (3, 10)


@rule(AimHEs, "MSTUFEE", "PERMADDCOUNTRY")
def MSTUFEE_03(b: Batch) -> Mask:
    """A student from Scotland has fees from an English, Welsh or Northern Irish award."""
    return one_of(b.aim_hes.MSTUFEE, 2, 4) & b.aim_hes.PERMADDCOUNTRY.is_any("XH")


@rule(AimHEs, "MSTUFEE", "PERMADDCOUNTRY")
def MSTUFEE_04(b: Batch) -> Mask:
    """A student from Northern Ireland has fees from an English, Welsh or Scottish award."""
    return one_of(b.aim_hes.MSTUFEE, 2, 3) & b.aim_hes.PERMADDCOUNTRY.is_any("XG")


@rule(AimHEs, "MSTUFEE", "PERMADDCOUNTRY")
def MSTUFEE_05(b: Batch) -> Mask:
    """A student from England or Wales has fees from a Scottish or Northern Irish award."""
    return one_of(b.aim_hes.MSTUFEE, 3, 4) & b.aim_hes.PERMADDCOUNTRY.is_any("XF", "XI")


@rule(AimHEs, "LearnStartDate", "MSTUFEE", "SSN")
def MSTUFEE_06(b: Batch) -> Mask:
    """The student support number of a student with a national award is missing."""
    mask = one_of(b.aim_hes.MSTUFEE, *NATIONAL_AWARDS) & b.aim_hes.SSN.is_blank
    return mask & between(b.aim_hes.of_parent(b.aims.LearnStartDate), FROM_2021, UNTIL_2025)


@rule(AimHEs, "LearnStartDate", "MSTUFEE", "SSN")
def MSTUFEE_07(b: Batch) -> Mask:
    """The student support number of a student with a Scottish award or a loan is missing."""
    mask = one_of(b.aim_hes.MSTUFEE, *SCOTTISH_AWARD_OR_LOAN) & b.aim_hes.SSN.is_blank
    return mask & (b.aim_hes.of_parent(b.aims.LearnStartDate) > UNTIL_2025)
