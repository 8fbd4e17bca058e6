"""DD31: English and maths under adult skills funding (`DerivedData_31Rule`)."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by

ENGLISH_AND_MATHS: Final = (
    1, 2, 11, 12, 13, 14, 19, 20, 21, 23, 24, 25, 29, 30, 31, 32, 33, 34, 35,
)  # fmt: skip
"""Basic skills types of LARS."""


def is_english_or_maths(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether it is of FundModel 35 and English or maths at start."""
    funded = where & is_funded_by(b, 35)
    return lars.has_basic_skills_type_at(b, funded, *ENGLISH_AND_MATHS)
