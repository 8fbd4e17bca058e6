"""ELQ: equivalent or lower qualifications."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.queries.fams import has_fam

NOT_FUNDED: Final = 99


@rule(AimHEs, "FundModel", ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "1"))
def ELQ_01(b: Batch) -> Mask:
    """Whether it is an equivalent or lower qualification is missing on an aim funded by the OfS."""
    missing = is_null(b.aim_hes.ELQ)
    funded_by_ofs = (b.aims.FundModel == NOT_FUNDED) & has_fam(b, "SOF", "1")
    return missing & b.aim_hes.of_parent(funded_by_ofs)


@rule(AimHEs, "ELQ")
def ELQ_02(b: Batch) -> Mask:
    """The code for an equivalent or lower qualification is not a known one."""
    known = is_known(b.aim_hes.ELQ)
    return known & ~b.in_list("ELQ", b.aim_hes, known, b.aim_hes.ELQ)
