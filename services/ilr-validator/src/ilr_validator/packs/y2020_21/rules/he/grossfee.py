"""GROSSFEE: the gross tuition fee."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null

HIGHEST: Final = 30_000


def _gross_fee(b: Batch, rows: Rows) -> Numbers:
    return b.aim_hes.GROSSFEE[rows]


@rule(AimHEs, ("GrossFee", _gross_fee))
def GROSSFEE_01(b: Batch) -> Mask:
    """There is a net tuition fee but no gross tuition fee."""
    return is_known(b.aim_hes.NETFEE) & is_null(b.aim_hes.GROSSFEE)


@rule(AimHEs, "NETFEE", ("GrossFee", _gross_fee))
def GROSSFEE_02(b: Batch) -> Mask:
    """The gross tuition fee is less than the net tuition fee."""
    return b.aim_hes.GROSSFEE < b.aim_hes.NETFEE


@rule(AimHEs, ("GrossFee", _gross_fee))
def GROSSFEE_03(b: Batch) -> Mask:
    """The gross tuition fee is higher than £30,000."""
    return b.aim_hes.GROSSFEE > HIGHEST
