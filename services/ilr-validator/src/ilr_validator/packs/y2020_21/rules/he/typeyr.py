"""TYPEYR: the type of instance year."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.academic_years import YearDate, year_date

FROM_2009: Final = day(2009, 8, 1)
COMPLETED: Final = 1
WITHIN_ONE_YEAR: Final = 1


@rule(AimHEs, "TYPEYR")
def TYPEYR_01(b: Batch) -> Mask:
    """The type of instance year is not a known code."""
    return ~b.in_list("TypeYr", b.aim_hes, None, b.aim_hes.TYPEYR)


@rule(AimHEs, "TYPEYR", "FUNDCOMP", "LearnStartDate", "LearnActEndDate")
def TYPEYR_02(b: Batch) -> Mask:
    """The aim began and ended in one year, so the type of instance year must say so."""
    return is_of_one_year_unsaid(b, YearDate.COMMENCEMENT)


def is_of_one_year_unsaid(b: Batch, day_of_year: YearDate) -> Mask:
    """Tell what is complete, has this day in the same year at both ends, and another type."""
    mask = (b.aim_hes.FUNDCOMP == COMPLETED) & (b.aim_hes.TYPEYR != WITHIN_ONE_YEAR)
    if not mask.any():
        return mask
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    ends = b.aim_hes.of_parent(b.aims.LearnActEndDate)
    in_one_year = year_date(starts, day_of_year) == year_date(ends, day_of_year)
    return mask & (starts >= FROM_2009) & in_one_year
