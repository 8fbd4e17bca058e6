"""OutGrade: the grade with which an aim ended."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.y2020_21.rules.learning_delivery.out_grade import (
    FROM_AUGUST_2014,
    has_other_grade,
)

KEPT = carried("2020-21", "OutGrade_01", "OutGrade_04", "OutGrade_05", "OutGrade_06")


@rule(Aims, "LearnAimRef", "LearnActEndDate", "Outcome", "OutGrade")
def OutGrade_07(b: Batch) -> Mask:
    """A GCSE, AS or A level was achieved with a grade that this qualification does not have."""
    return has_other_grade(b, b.aims.LearnActEndDate >= FROM_AUGUST_2014)
