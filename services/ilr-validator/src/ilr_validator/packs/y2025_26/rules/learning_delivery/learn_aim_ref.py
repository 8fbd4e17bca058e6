"""LearnAimRef: references that do not exist, and event aims that last longer than a day."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_of_programme

KEPT = carried(
    "2020-21", "LearnAimRef_01", "LearnAimRef_30", "LearnAimRef_56", "LearnAimRef_78",
    "LearnAimRef_90",
)  # fmt: skip

FROM_2024 = day(2024, 8, 1)
BOOTCAMP_EVENTS = ("Z0059747", "Z0059748", "Z0059749")
DRIVING_EVENTS = ("Z0060439", "Z0009541", "Z0060440", "Z0060441", "Z0060442", "Z0060443")


def _is_longer_than_a_day(b: Batch) -> Mask:
    """Tell for each aim whether its three dates differ, or it has no actual end."""
    a = b.aims
    result: Mask = (a.LearnStartDate != a.LearnPlanEndDate) | (
        a.LearnStartDate != a.LearnActEndDate
    )
    return result


@rule(Aims, "LearnAimRef", "LearnStartDate", "LearnPlanEndDate", "LearnActEndDate")
def LearnAimRef_126(b: Batch) -> Mask:
    """The event aim of a skills bootcamp does not start and end on the same day."""
    mask = b.aims.LearnAimRef.is_any(*BOOTCAMP_EVENTS)
    return mask & _is_longer_than_a_day(b) if mask.any() else mask


@rule(Aims, "LearnAimRef", "ProgType", "LearnStartDate", "LearnPlanEndDate", "LearnActEndDate")
def LearnAimRef_154(b: Batch) -> Mask:
    """The event aim of a driving bootcamp does not start and end on the same day."""
    mask = is_of_programme(b, 32) & (b.aims.LearnStartDate >= FROM_2024)
    if not mask.any():
        return mask
    return mask & b.aims.LearnAimRef.is_any(*DRIVING_EVENTS) & _is_longer_than_a_day(b)
