"""What is odd about the work placements of an aim (`LearningDeliveryWorkPlacementQueryService`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, is_null, one_of


@derived
def has_placement_after_end(b: Batch) -> Mask:
    """Tell for each aim whether a placement ends after the aim's actual end.

    `HasAnyWorkPlaceEndDatesGreaterThanLearnActEndDate`.
    """
    table = b.work_placements
    return table.any(table.WorkPlaceEndDate > table.of_parent(b.aims.LearnActEndDate))


@derived
def has_placement_without_employer(b: Batch) -> Mask:
    """Tell for each aim whether a placement names no employer.

    `HasAnyEmpIdNullAndStartDateNotNull`; a placement's start is never null there.
    """
    return b.work_placements.any(is_null(b.work_placements.WorkPlaceEmpId))


@derived
def has_valid_mode(b: Batch) -> Mask:
    """Tell for each placement whether its mode is one of the two (`IsValidWorkPlaceMode`)."""
    return one_of(b.work_placements.WorkPlaceMode, 1, 2)
