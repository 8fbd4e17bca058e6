"""DD33: when the open programme of a funded apprenticeship started (since 2021-22)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates
from ilr_validator.packs.derived.dd32 import is_open_funded_programme


@derived
def open_programme_start(b: Batch) -> Dates:
    """Give for each open programme aim of FundModel 36 its start; null for other aims."""
    return np.where(is_open_funded_programme(b), b.aims.LearnStartDate, np.nan)
