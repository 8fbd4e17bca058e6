"""Records that a learner or an aim may have only once."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    R_07="R07",
    R_43="R43",
    R_45="R45",
    R_49="R49",
    R_50="R50",
    R_51="R51",
    R_52="R52",
    R_67="R67",
    R_96="R96",
)
