"""MSTUFEE: the major source of tuition fees."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of


@rule(AimHEs, "MSTUFEE")
def MSTUFEE_01(b: Batch) -> Mask:
    """The major source of tuition fees is not a known code."""
    return ~b.in_list("MSTuFee", b.aim_hes, None, b.aim_hes.MSTUFEE)


@rule(AimHEs, "LearnStartDate", "MSTUFEE")
def MSTUFEE_02(b: Batch) -> Mask:
    """The major source of tuition fees was not a valid code when the aim started."""
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    return ~b.in_list_at("MSTuFee", b.aim_hes, None, starts, b.aim_hes.MSTUFEE)


@rule(AimHEs, "MSTUFEE", "DOMICILE")
def MSTUFEE_03(b: Batch) -> Mask:
    """A student from Scotland has fees from an English, Welsh or Northern Irish award."""
    return one_of(b.aim_hes.MSTUFEE, 2, 4) & b.aim_hes.DOMICILE.is_exactly("XH")


@rule(AimHEs, "MSTUFEE", "DOMICILE")
def MSTUFEE_04(b: Batch) -> Mask:
    """A student from Northern Ireland has fees from an English, Welsh or Scottish award."""
    return one_of(b.aim_hes.MSTUFEE, 2, 3) & b.aim_hes.DOMICILE.is_exactly("XG")


@rule(AimHEs, "MSTUFEE", "DOMICILE")
def MSTUFEE_05(b: Batch) -> Mask:
    """A student from England or Wales has fees from a Scottish or Northern Irish award."""
    return one_of(b.aim_hes.MSTUFEE, 3, 4) & b.aim_hes.DOMICILE.is_any("XF", "XI")
