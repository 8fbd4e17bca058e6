"""TLOut: what a tailored learning aim brought the learner."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.queries.aims import is_funded_by


@rule(Aims, "FundModel", "CompStatus", "TLOut")
def Tlout_01(b: Batch) -> Mask:
    """A tailored learning aim has ended without a tailored learning outcome."""
    return is_funded_by(b, 11) & one_of(b.aims.CompStatus, 2, 3) & is_null(b.aims.TLOut)


@rule(Aims, "TLOut")
def Tlout_02(b: Batch) -> Mask:
    """The tailored learning outcome is not on the list of codes."""
    given = is_known(b.aims.TLOut)
    return given & ~b.in_list("TLOut", b.aims, given, b.aims.TLOut) if given.any() else given
