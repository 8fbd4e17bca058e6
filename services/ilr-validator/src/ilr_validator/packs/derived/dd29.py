"""DD29: the inflexible elements of a traineeship (`DerivedData_29Rule`)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_of_programme


def is_inflexible_training(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether it is a traineeship's work experience or preparation."""
    return lars.has_category(b, where & is_of_programme(b, 24), 2, 4)
