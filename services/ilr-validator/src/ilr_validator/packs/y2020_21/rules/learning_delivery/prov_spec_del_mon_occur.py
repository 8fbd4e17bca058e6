"""ProvSpecDelMonOccur: which of the provider's own four fields of an aim is meant."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimMonitorings
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask


@rule(AimMonitorings, "ProvSpecDelMonOccur")
def ProvSpecDelMonOccur_01(b: Batch) -> Mask:
    """The occurrence of the provider's own monitoring of an aim is not A, B, C or D."""
    occurrences = b.aim_monitorings.ProvSpecDelMonOccur
    return ~occurrences.is_blank & ~occurrences.is_any("A", "B", "C", "D")
