"""DD35: funding by a combined authority (`DerivedData_35Rule`).

Which sources of funding these are is a constant of the pack.
"""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam


@derived
def is_combined_authority(b: Batch) -> Mask:
    """Tell for each aim whether its source of funding is a combined authority."""
    return has_fam(b, "SOF", *b.constants["COMBINED_AUTHORITIES"])
