"""DD40: English and maths under the Adult Skills Fund (since 2024-25)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd31 import ENGLISH_AND_MATHS
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by


def is_english_or_maths(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether it is of FundModel 38 and English or maths at start."""
    return lars.has_basic_skills_type_at(b, where & is_funded_by(b, 38), *ENGLISH_AND_MATHS)
