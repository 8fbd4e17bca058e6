"""The LARS category in which an aim must be (`DerivedData_CategoryRef_01` and `_02`)."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Numbers
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries.aims import is_funded_by

COMBINED_AUTHORITY_AIM: Final = 41


@derived
def category_ref_01(b: Batch) -> Numbers:
    """Give for each aim of adult skills funded by a combined authority the category; or null."""
    devolved = is_funded_by(b, 35) & is_combined_authority(b)
    return np.where(devolved, COMBINED_AUTHORITY_AIM, np.nan)


category_ref_02 = category_ref_01
"""The two are alike in 2020-21."""
