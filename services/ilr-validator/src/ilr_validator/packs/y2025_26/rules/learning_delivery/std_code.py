"""StdCode: apprenticeship standards."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import LarsStandardValidities
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "StdCode_01", "StdCode_03")


@rule(Aims, "StdCode")
def StdCode_02(b: Batch) -> Mask:
    """LARS has no validity for the standard code."""
    mask = is_known(b.aims.StdCode)
    if not mask.any():
        return mask
    return mask & ~b.exists(LarsStandardValidities, b.aims, mask, b.aims.StdCode)
