"""WithdrawReason: why a learner left an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.queries.fams import has_fam

INDUSTRY_PLACEMENT = "ZWRKX002"


@rule(Aims, "WithdrawReason")
def WithdrawReason_02(b: Batch) -> Mask:
    """The withdrawal reason is not on the list of codes."""
    given = is_known(b.aims.WithdrawReason)
    if not given.any():
        return given
    return given & ~b.in_list("WithdrawReason", b.aims, given, b.aims.WithdrawReason)


@rule(Aims, "CompStatus")
def WithdrawReason_03(b: Batch) -> Mask:
    """The learner withdrew from the aim but no reason is given."""
    return (b.aims.CompStatus == 3) & is_null(b.aims.WithdrawReason)


@rule(Aims, "CompStatus", "WithdrawReason")
def WithdrawReason_04(b: Batch) -> Mask:
    """A withdrawal reason is given although the learner has not withdrawn."""
    return is_known(b.aims.WithdrawReason) & one_of(b.aims.CompStatus, 1, 2, 6)


@rule(Aims, "WithdrawReason")
def WithdrawReason_05(b: Batch) -> Mask:
    """The withdrawal reason 28 is kept for offenders in custody (LDM 034)."""
    return (b.aims.WithdrawReason == 28) & ~has_fam(b, "LDM", "034")


@rule(Aims, "LearnAimRef", "WithdrawReason")
def WithdrawReason_06(b: Batch) -> Mask:
    """The withdrawal reason 48 is kept for industry placements (aim ZWRKX002)."""
    placed_elsewhere = (b.aims.CompStatus == 3) & (b.aims.WithdrawReason == 48)
    return placed_elsewhere & ~b.aims.LearnAimRef.is_any(INDUSTRY_PLACEMENT)
