"""DD07: whether an aim is part of an apprenticeship (`DerivedData_07Rule`).

Which programme types are apprenticeships is a constant of the pack.
"""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, Numbers, is_among


@derived
def is_apprenticeship(b: Batch) -> Mask:
    """Tell for each aim whether its programme type is an apprenticeship."""
    return are_apprenticeships(b, b.aims.ProgType)


def are_apprenticeships(b: Batch, prog_types: Numbers) -> Mask:
    """Tell for each programme type whether it is an apprenticeship."""
    return is_among(prog_types, b.constants["APPRENTICESHIP_PROG_TYPES"])
