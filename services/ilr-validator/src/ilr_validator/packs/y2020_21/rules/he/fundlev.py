"""FUNDLEV: the level that applies to the funding council's statistics."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries import lars

FROM_2009: Final = day(2009, 8, 1)
NOT_IN_POPULATION: Final = 99
UNDERGRADUATE_LEVELS: Final = (10, 11)
POSTGRADUATE_LEVELS: Final = (20, 21, 30, 31)
UNDERGRADUATE_TYPES: Final = (
    "0394", "1406", "1407", "1408", "9000", "9002", "9107", "E007", "9112", "9111", "9110", "9113",
)  # fmt: skip
POSTGRADUATE_TYPES: Final = (
    "0393", "1410", "2001", "9100", "9101", "9109", "E008", "1411", "1412", "9103",
)  # fmt: skip


@rule(AimHEs, "FUNDLEV")
def FUNDLEV_01(b: Batch) -> Mask:
    """The level applicable to the funding council is not a known code."""
    return ~b.in_list("FundLev", b.aim_hes, None, b.aim_hes.FUNDLEV)


def has_other_level(
    b: Batch, levels: tuple[int, ...], types: tuple[str, ...], where: Mask | None = None
) -> Mask:
    """Tell where an aim of these LARS types, begun since 2009, has another level than these.

    No level is another one, too: `where` says of which records it is asked.
    """
    mask = ~one_of(b.aim_hes.FUNDLEV, *levels, NOT_IN_POPULATION)
    if where is not None:
        mask &= where
    mask &= b.aim_hes.of_parent(b.aims.LearnStartDate >= FROM_2009)
    return mask & b.aim_hes.of_parent(lars.aim_type_is(b, b.aim_hes.any(mask), *types))


@rule(AimHEs, "LearnStartDate", "FUNDLEV")
def FUNDLEV_02(b: Batch) -> Mask:
    """An undergraduate aim has a funding level that is not undergraduate."""
    return has_other_level(b, UNDERGRADUATE_LEVELS, UNDERGRADUATE_TYPES)


@rule(AimHEs, "LearnStartDate", "FUNDLEV")
def FUNDLEV_03(b: Batch) -> Mask:
    """A postgraduate aim has a funding level that is not postgraduate."""
    return has_other_level(b, POSTGRADUATE_LEVELS, POSTGRADUATE_TYPES)
