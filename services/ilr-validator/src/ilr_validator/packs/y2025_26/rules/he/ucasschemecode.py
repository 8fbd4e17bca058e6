"""UCASSCHEMECODE: the code of the UCAS scheme, which was the application code to 2024-25."""

import re
from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows

FROM_2013: Final = day(2013, 8, 1)
FROM_2025: Final = day(2025, 8, 1)
FORM: Final = re.compile(r"^[a-zA-Z]{2}[0-9]{2}$")


def _person(b: Batch, rows: Rows) -> Text:
    own = b.learner_hes.first(b.learner_hes.UCASPERID.is_known)
    return b.learner_hes.UCASPERID.take(own[b.aim_hes.learner[rows]])


@rule(AimHEs, ("UCASPERID", _person), "LearnStartDate")
def UCASSCHEMECODE_01(b: Batch) -> Mask:
    """The UCAS scheme code of a student with a UCAS personal number is missing."""
    persons = b.aim_hes.of_learner(b.learner_hes.any(b.learner_hes.UCASPERID.is_known))
    starts = b.aim_hes.of_parent(b.aims.LearnStartDate)
    return persons & b.aim_hes.UCASSCHEMECODE.is_blank & (starts >= FROM_2013)


@rule(AimHEs, "LearnStartDate", "UCASSCHEMECODE")
def UCASSCHEMECODE_02(b: Batch) -> Mask:
    """The UCAS scheme code is not two letters and two digits."""
    codes = b.aim_hes.UCASSCHEMECODE
    mask = ~codes.is_blank & ~codes.matches(FORM)
    return mask & (b.aim_hes.of_parent(b.aims.LearnStartDate) >= FROM_2025)
