"""TYPEYR: the type of instance year."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.academic_years import YearDate, year_date

KEPT = carried("2020-21", "TYPEYR_01")

FROM_2009: Final = day(2009, 8, 1)
COMPLETED: Final = 1
WITHIN_ONE_YEAR: Final = 1


@rule(AimHEs, "TYPEYR", "FUNDCOMP", "LearnStartDate", "LearnActEndDate")
def TYPEYR_02(b: Batch) -> Mask:
    """The aim began and ended in one year, so the type of instance year must say so."""
    mask = (b.aim_hes.FUNDCOMP == COMPLETED) & (b.aim_hes.TYPEYR != WITHIN_ONE_YEAR)
    if not mask.any():
        return mask
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    ends = b.aim_hes.of_parent(b.aims.LearnActEndDate)
    last_day = YearDate.CURRENT_YEAR_END
    in_one_year = year_date(starts, last_day) == year_date(ends, last_day)
    return mask & (starts >= FROM_2009) & in_one_year
