"""PCOLAB: the percentage that another institution teaches."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null

FROM_2013: Final = day(2013, 8, 1)


@rule(AimHEs, "LearnStartDate", "PartnerUKPRN")
def PCOLAB_01(b: Batch) -> Mask:
    """A partner is named but not the percentage that it teaches."""
    with_partner = is_known(b.aims.PartnerUKPRN) & (b.aims.LearnStartDate >= FROM_2013)
    return is_null(b.aim_hes.PCOLAB) & b.aim_hes.of_parent(with_partner)
