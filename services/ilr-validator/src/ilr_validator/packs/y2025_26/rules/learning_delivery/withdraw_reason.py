"""WithdrawReason: why a learner left an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried

INDUSTRY_PLACEMENT = "ZWRKX002"

KEPT = carried(
    "2020-21", "WithdrawReason_02", "WithdrawReason_03", "WithdrawReason_04", "WithdrawReason_05"
)


@rule(Aims, "LearnAimRef", "WithdrawReason")
def WithdrawReason_06(b: Batch) -> Mask:
    """The withdrawal reason 48 is kept for industry placements (aim ZWRKX002)."""
    left = b.aims.WithdrawReason == 48
    return left & ~b.aims.LearnAimRef.is_any(INDUSTRY_PLACEMENT) if left.any() else left
