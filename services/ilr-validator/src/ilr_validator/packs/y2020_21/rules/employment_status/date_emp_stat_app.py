"""DateEmpStatApp: from when an employment status applies."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Employments
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

LAST_OF_1990: Final = day(1990, 7, 31)


@rule(Employments, "DateEmpStatApp")
def DateEmpStatApp_01(b: Batch) -> Mask:
    """The employment status applies from after the academic year."""
    return b.employments.DateEmpStatApp > b.year.end


@rule(Employments, "DateEmpStatApp")
def DateEmpStatApp_02(b: Batch) -> Mask:
    """The employment status applies from before August 1990."""
    return ~(b.employments.DateEmpStatApp > LAST_OF_1990)
