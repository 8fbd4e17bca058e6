"""DD34: when the programme of a funded apprenticeship ended (since 2021-22)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates
from ilr_validator.packs.queries.aims import is_funded_by, is_of_type


@derived
def programme_end(b: Batch) -> Dates:
    """Give for each programme aim of FundModel 36 its actual end; null for others."""
    programme = is_of_type(b, 1) & is_funded_by(b, 36)
    return np.where(programme, b.aims.LearnActEndDate, np.nan)
