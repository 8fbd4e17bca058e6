"""Aims of traineeships: programme and component agree on monitoring code LDM 357."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.groups import partners

TRAINEESHIP = 24

CODE = ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "357")


@derived
def _alone_with_code(b: Batch, aim_type: int, other_type: int) -> Mask:
    """Tell whether a learner's first traineeship aim of a type has the code, and no counterpart."""
    aims = b.aims
    trainee = aims.ProgType == TRAINEESHIP
    own = aims.first_of_parent(trainee & (aims.AimType == aim_type)) & has_fam(b, "LDM", "357")
    if not own.any():
        return own
    others = trainee & (aims.AimType == other_type) & has_fam(b, "LDM", "357")
    one, _ = partners(aims, own, others, aims.FundModel)
    return own & ~aims.mask(one)


@rule(Aims, "AimType", "FundModel", "ProgType", *CODE)
def R117(b: Batch) -> Mask:
    """The component aim of a traineeship has LDM 357 and the programme aim has not."""
    return _alone_with_code(b, 3, 1)


@rule(Aims, "AimType", "FundModel", "ProgType", *CODE)
def R118(b: Batch) -> Mask:
    """The programme aim of a traineeship has LDM 357 and no component aim has it."""
    return _alone_with_code(b, 1, 3)
