"""OrigLearnStartDate: when restarted learning first began."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_years
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.lars import is_valid_at
from ilr_validator.packs.y2025_26.rules.learning_delivery.aim_validity import NO_RESTART

KEPT = carried(
    "2020-21", "OrigLearnStartDate_03", "OrigLearnStartDate_07", "OrigLearnStartDate_08",
    "OrigLearnStartDate_09",
)  # fmt: skip


def _not_valid(b: Batch, mask: Mask, *categories: str) -> Mask:
    """Keep of a mask the aims that LARS holds valid in no such category on the original start."""
    mask = mask & is_known(b.aims.OrigLearnStartDate)
    if not mask.any():
        return mask
    return mask & ~is_valid_at(b, mask, b.aims.OrigLearnStartDate, *categories)


@rule(Aims, "LearnStartDate", "OrigLearnStartDate")
def OrigLearnStartDate_01(b: Batch) -> Mask:
    """The original start date is more than ten years before the start date."""
    mask = is_known(b.aims.OrigLearnStartDate)
    if not mask.any():
        return mask
    return b.aims.OrigLearnStartDate < add_years(b.aims.LearnStartDate, -10)


@rule(Aims, "LearnStartDate", "OrigLearnStartDate")
def OrigLearnStartDate_02(b: Batch) -> Mask:
    """The original start date is not before the start date."""
    return b.aims.OrigLearnStartDate >= b.aims.LearnStartDate


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_04(b: Batch) -> Mask:
    """There is an original start date but no restart indicator."""
    return is_known(b.aims.OrigLearnStartDate) & ~has_fam(b, "RES")


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_06(b: Batch) -> Mask:
    """The adult skills aim was not valid on its original start date."""
    mask = is_funded_by(b, 35) & ~is_apprenticeship(b) & ~has_fam(b, "LDM", "378")
    return _not_valid(b, mask, "ADULT_SKILLS", "UNEMPLOYED", "OLASS_ADULT")


@rule(Aims, "LearnAimRef", "OrigLearnStartDate", "FundModel", NO_RESTART)
def OrigLearnStartDate_10(b: Batch) -> Mask:
    """The skills bootcamp aim was not valid on its original start date."""
    return _not_valid(b, is_funded_by(b, 37), "ANY")


@rule(Aims, "LearnAimRef", "OrigLearnStartDate", "FundModel")
def OrigLearnStartDate_11(b: Batch) -> Mask:
    """The Adult Skills Fund aim was not valid on its original start date."""
    return _not_valid(b, is_funded_by(b, 38) & ~has_fam(b, "LDM", "378"), "ADULT_SKILLS")
