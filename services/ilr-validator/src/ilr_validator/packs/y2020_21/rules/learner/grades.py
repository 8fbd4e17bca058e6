"""EngGrade and MathGrade: the GCSE grades a learner brings along."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_learner_fam

LOW_GRADES: Final = (
    "D", "DD", "DE", "E", "EE", "EF", "F", "FF", "FG", "G", "GG", "N", "U", "3", "2", "1",
)  # fmt: skip
NO_GRADE = "NONE"


def _is_missing(b: Batch, grades: Text) -> Mask:
    funded = b.aims.FundModel == 25
    return b.aims.first_of_learner(funded & b.aims.of_learner(grades.is_blank))


def _is_no_grade(b: Batch, grades: Text) -> Mask:
    asked = grades.test(lambda grade: bool(grade) and grade.upper() != NO_GRADE)
    return asked & ~b.in_list("GCSEGrade", b.learners, asked, grades, as_written=True)


@rule(Aims, "FundModel")
def EngGrade_01(b: Batch) -> Mask:
    """A 16 to 19 funded learner needs a GCSE grade in English, or NONE."""
    return _is_missing(b, b.learners.EngGrade)


@rule(Learners, "EngGrade")
def EngGrade_02(b: Batch) -> Mask:
    """The GCSE grade in English is no grade."""
    return _is_no_grade(b, b.learners.EngGrade)


@rule(Learners)
def EngGrade_03(b: Batch) -> Mask:
    """A low GCSE grade in English calls for the learner FAM EDF 2."""
    return b.learners.EngGrade.is_exactly(*LOW_GRADES) & ~has_learner_fam(b, "EDF", 2)


@rule(Learners, "EngGrade")
def EngGrade_04(b: Batch) -> Mask:
    """The GCSE grade in English must be NONE where the funding condition is met otherwise (ECF)."""
    return has_learner_fam(b, "ECF", 2, 3, 4) & ~b.learners.EngGrade.is_any(NO_GRADE)


@rule(Aims, "FundModel")
def MathGrade_01(b: Batch) -> Mask:
    """A 16 to 19 funded learner needs a GCSE grade in maths, or NONE."""
    return _is_missing(b, b.learners.MathGrade)


@rule(Learners, "MathGrade")
def MathGrade_02(b: Batch) -> Mask:
    """The GCSE grade in maths is no grade."""
    return _is_no_grade(b, b.learners.MathGrade)


@rule(Learners, "MathGrade", ("LearnFAMType", "EDF"), ("LearnFAMCode", 1))
def MathGrade_03(b: Batch) -> Mask:
    """A low GCSE grade in maths calls for the learner FAM EDF 1."""
    return b.learners.MathGrade.is_exactly(*LOW_GRADES) & ~has_learner_fam(b, "EDF", 1)


@rule(Learners, "MathGrade")
def MathGrade_04(b: Batch) -> Mask:
    """The GCSE grade in maths must be NONE where the funding condition is met otherwise (MCF)."""
    grades = b.learners.MathGrade
    graded = ~grades.is_blank & ~grades.is_any(NO_GRADE)
    return graded & has_learner_fam(b, "MCF", 2, 3, 4)
