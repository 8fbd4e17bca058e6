"""EngGrade and MathGrade: the GCSE grades a learner brings along."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    "EngGrade_01",
    "EngGrade_02",
    "EngGrade_03",
    "EngGrade_04",
    "MathGrade_01",
    "MathGrade_02",
    "MathGrade_03",
    "MathGrade_04",
)
