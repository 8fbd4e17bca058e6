"""OTJActHours: hours of off-the-job training that an apprentice had."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known


def _hours(b: Batch, rows: Rows) -> Numbers:
    return b.aims.OTJActHours[rows]


@rule(Aims, ("OtjActHours", _hours), "AimType")
def OTJActHours_01(b: Batch) -> Mask:
    """Actual off-the-job hours stand on an aim that is no programme aim."""
    return is_known(b.aims.OTJActHours) & (b.aims.AimType != 1)
