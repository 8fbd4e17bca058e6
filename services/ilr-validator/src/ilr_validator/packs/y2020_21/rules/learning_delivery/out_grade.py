"""OutGrade: the grade with which an aim ended."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.queries import lars

FROM_AUGUST_2014 = day(2014, 8, 1)
GRADES_OF_FAILURE: Final = ("FL", "U", "N", "X", "Y")
GENERAL_EDUCATION: Final = (
    "0001", "0002", "0003", "1413", "1422", "1430", "1433", "1434", "1435", "1453", "2999",
)  # fmt: skip
"""Types of aim references that are GCSEs, A levels and the like: each has its own grades."""


@rule(Aims, "OutGrade")
def OutGrade_01(b: Batch) -> Mask:
    """The outcome grade is not on the list of grades."""
    graded = ~b.aims.OutGrade.is_blank
    if not graded.any():
        return graded
    return graded & ~b.in_list("OutGrade", b.aims, graded, b.aims.OutGrade, as_written=True)


@rule(Aims, "Outcome", "OutGrade")
def OutGrade_04(b: Batch) -> Mask:
    """An outcome grade is given although the outcome is not known or missing."""
    open_ended = is_null(b.aims.Outcome) | (b.aims.Outcome == 8)
    return open_ended & ~b.aims.OutGrade.is_blank


@rule(Aims, "Outcome", "OutGrade")
def OutGrade_05(b: Batch) -> Mask:
    """The aim is achieved but its grade is one of failure."""
    return (b.aims.Outcome == 1) & b.aims.OutGrade.is_any(*GRADES_OF_FAILURE)


@rule(Aims, "Outcome", "OutGrade")
def OutGrade_06(b: Batch) -> Mask:
    """The aim is not achieved but its grade is not one of failure."""
    grades = b.aims.OutGrade
    return (b.aims.Outcome == 3) & grades.is_known & ~grades.is_exactly(*GRADES_OF_FAILURE)


def has_other_grade(b: Batch, where: Mask) -> Mask:
    """Tell for achieved aims of `where` whether their type of qualification lacks their grade."""
    grades = b.aims.OutGrade
    graded = where & (b.aims.Outcome == 1) & grades.test(bool)
    if not graded.any():
        return graded
    rows, found = lars.aim_rows(b, graded)
    types = found.LearnAimRefType.take(rows)
    asked = graded & types.is_any(*GENERAL_EDUCATION)
    listed = b.in_list("LearningAimType", b.aims, asked, types, grades, as_written=True)
    return asked & ~listed


@rule(Aims, "LearnAimRef", "LearnActEndDate", "Outcome", "OutGrade")
def OutGrade_07(b: Batch) -> Mask:
    """A GCSE, AS or A level was achieved with a grade that this qualification does not have."""
    return has_other_grade(b, ~(b.aims.LearnActEndDate < FROM_AUGUST_2014))
