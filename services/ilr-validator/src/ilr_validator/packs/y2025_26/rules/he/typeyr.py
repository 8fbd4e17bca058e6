"""TYPEYR: the type of instance year."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.academic_years import YearDate
from ilr_validator.packs.y2020_21.rules.he.typeyr import is_of_one_year_unsaid

KEPT = carried("2020-21", "TYPEYR_01")


@rule(AimHEs, "TYPEYR", "FUNDCOMP", "LearnStartDate", "LearnActEndDate")
def TYPEYR_02(b: Batch) -> Mask:
    """The aim began and ended in one year, so the type of instance year must say so."""
    return is_of_one_year_unsaid(b, YearDate.CURRENT_YEAR_END)
