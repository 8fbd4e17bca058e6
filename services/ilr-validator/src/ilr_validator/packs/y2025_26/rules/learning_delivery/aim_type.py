"""AimType: programme, component and core aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.lars import aim_type_is

T_LEVEL_CORE_COMPONENT = "1468"
"""LearnAimRefType of the core component of a T Level."""

KEPT = carried("2020-21", "AimType_01", "AimType_05", "AimType_07", "AimType_09")


@rule(Aims, "LearnAimRef", "ProgType", "AimType")
def AimType_08(b: Batch) -> Mask:
    """The core component of a T Level that continues is not recorded as the core aim."""
    a = b.aims
    mask = (a.ProgType == 31) & (a.AimType != 5) & is_null(a.LearnActEndDate)
    if not mask.any():
        return mask
    return mask & aim_type_is(b, mask, T_LEVEL_CORE_COMPONENT)
