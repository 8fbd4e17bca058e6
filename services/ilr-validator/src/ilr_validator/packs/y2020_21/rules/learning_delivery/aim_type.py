"""AimType: programme, component and core aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.lars import aim_type_is

FROM_AUGUST_2017 = day(2017, 8, 1)
T_LEVEL_CORE_COMPONENT = "1468"
"""LearnAimRefType of the core component of a T Level."""


@rule(Aims, "AimType")
def AimType_01(b: Batch) -> Mask:
    """The aim type is not on the list of codes."""
    return ~b.in_list("AimType", b.aims, None, b.aims.AimType)


@rule(Aims, "AimType", "FundModel")
def AimType_05(b: Batch) -> Mask:
    """A core aim has a funding model other than 25 and 82."""
    a = b.aims
    return (a.AimType == 5) & (a.FundModel != 25) & (a.FundModel != 82)


@rule(Aims, "AimType", ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "105"))
def AimType_07(b: Batch) -> Mask:
    """A core aim from August 2017 is paid from adult funding (SOF105)."""
    a = b.aims
    mask = (a.AimType == 5) & (a.ProgType != 24) & (a.LearnStartDate >= FROM_AUGUST_2017)
    return mask & has_fam(b, "SOF", "105")


@rule(Aims, "LearnAimRef", "ProgType", "AimType")
def AimType_08(b: Batch) -> Mask:
    """The core component of a T Level is not recorded as the core aim."""
    mask = (b.aims.ProgType == 31) & (b.aims.AimType != 5)
    if not mask.any():
        return mask
    return mask & aim_type_is(b, mask, T_LEVEL_CORE_COMPONENT)


@rule(Aims, "LearnAimRef", "AimType")
def AimType_09(b: Batch) -> Mask:
    """A T Level transition aim (ZTPR) is not recorded as the core aim."""
    return (b.aims.AimType != 5) & b.aims.LearnAimRef.starts("ZTPR")
