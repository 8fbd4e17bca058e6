"""GROSSFEE: the gross tuition fee, whose usual limit was lowered."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "GROSSFEE_01", "GROSSFEE_02")

HIGHEST: Final = 9535


def _gross_fee(b: Batch, rows: Rows) -> Numbers:
    return b.aim_hes.GROSSFEE[rows]


@rule(AimHEs, ("GrossFee", _gross_fee))
def GROSSFEE_03(b: Batch) -> Mask:
    """The gross tuition fee is higher than £9,535."""
    return b.aim_hes.GROSSFEE > HIGHEST
