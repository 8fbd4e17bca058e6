"""ESMType: four intensities of employment that ended long ago are no codes any more."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import EmploymentMonitorings
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries.employment import monitorings_of

REMOVED_INTENSITIES = (1, 2, 3, 4)


@rule(EmploymentMonitorings, "ESMType", "ESMCode")
def ESMType_01(b: Batch) -> Mask:
    """The type and code of employment monitoring are not a known pair, in capitals."""
    table = b.employment_monitorings
    rest = ~(monitorings_of(b, "EII") & one_of(table.ESMCode, *REMOVED_INTENSITIES))
    return ~b.in_list("ESMType", table, rest, table.ESMType, table.ESMCode, as_written=True)
