"""StdCode: apprenticeship standards."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.queries.standards import standard_exists


@rule(Aims, "ProgType")
def StdCode_01(b: Batch) -> Mask:
    """An aim of an apprenticeship standard has no standard code."""
    return (b.aims.ProgType == 25) & is_null(b.aims.StdCode)


@rule(Aims, "StdCode")
def StdCode_02(b: Batch) -> Mask:
    """The standard code is not known to LARS."""
    mask = is_known(b.aims.StdCode)
    return mask & ~standard_exists(b, mask)


@rule(Aims, "ProgType", "StdCode")
def StdCode_03(b: Batch) -> Mask:
    """A standard code stands on an aim that is not of an apprenticeship standard."""
    return (b.aims.ProgType != 25) & is_known(b.aims.StdCode)
