"""DD32: open programmes of funded apprenticeships (`DerivedData_32Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.queries.aims import is_funded_by, is_of_type


@derived
def is_open_funded_programme(b: Batch) -> Mask:
    """Tell for each aim whether it is a programme aim of FundModel 36 that has not ended."""
    return is_of_type(b, 1) & is_funded_by(b, 36) & is_null(b.aims.LearnActEndDate)
