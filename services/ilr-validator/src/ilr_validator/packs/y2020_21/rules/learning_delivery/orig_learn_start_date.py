"""OrigLearnStartDate: when restarted learning first began."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import MIN_DATE, add_years, day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, is_known, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.lars import is_valid_at

MAY_2017 = day(2017, 5, 1)


def _returned(b: Batch, *fund_models: int) -> Mask:
    """Find aims of these funding models that have an original start date."""
    return is_known(b.aims.OrigLearnStartDate) & one_of(b.aims.FundModel, *fund_models)


def _not_valid(b: Batch, mask: Mask, *categories: str) -> Mask:
    """Keep of a mask the aims that LARS holds valid in no such category on the original start."""
    if not mask.any():
        return mask
    return mask & ~is_valid_at(b, mask, b.aims.OrigLearnStartDate, *categories)


@rule(Aims, "LearnStartDate", "OrigLearnStartDate")
def OrigLearnStartDate_01(b: Batch) -> Mask:
    """The original start date is more than ten years before the start date."""
    mask = _returned(b, 35, 36, 81, 99)
    if not mask.any():
        return mask
    return mask & (b.aims.OrigLearnStartDate < add_years(b.aims.LearnStartDate, -10))


@rule(Aims, "LearnStartDate", "OrigLearnStartDate")
def OrigLearnStartDate_02(b: Batch) -> Mask:
    """The original start date is not before the start date."""
    original = b.aims.OrigLearnStartDate
    before = (original > MIN_DATE) & (original < b.aims.LearnStartDate)
    return _returned(b, 35, 36, 81, 99) & ~before


def _start(b: Batch, rows: Rows) -> Dates:
    """Give the start date, which the official engine reports as the original one here."""
    return b.aims.LearnStartDate[rows]


@rule(Aims, ("OrigLearnStartDate", _start), "FundModel")
def OrigLearnStartDate_03(b: Batch) -> Mask:
    """An original start date stands on an aim of a funding model that has none."""
    return _returned(b, 25, 82, 10)


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_04(b: Batch) -> Mask:
    """There is an original start date but no restart indicator."""
    return _returned(b, 35, 36, 81, 99) & ~has_fam(b, "RES")


@rule(Aims, "OrigLearnStartDate", "FundModel", "AimType")
def OrigLearnStartDate_05(b: Batch) -> Mask:
    """The framework component was not valid for apprenticeships on its original start date."""
    mask = _returned(b, 35, 36) & is_apprenticeship(b)
    mask = mask & (b.aims.ProgType != 25) & (b.aims.AimType == 3)
    return _not_valid(b, mask, "APPRENTICESHIPS")


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_06(b: Batch) -> Mask:
    """The adult skills aim was not valid on its original start date."""
    mask = _returned(b, 35) & ~is_apprenticeship(b)
    return _not_valid(b, mask, "ADULT_SKILLS", "UNEMPLOYED", "OLASS_ADULT")


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_07(b: Batch) -> Mask:
    """The aim was not valid for any funding on its original start date."""
    a = b.aims
    models = (a.FundModel == 81) | ((a.FundModel == 36) & (a.ProgType == 25))
    return _not_valid(b, models & is_known(a.OrigLearnStartDate), "ANY")


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_08(b: Batch) -> Mask:
    """The aim was not valid for an advanced learner loan on its original start date."""
    return _not_valid(b, _returned(b, 99) & has_fam(b, "ADL"), "ADV_LEARN_LOAN")


@rule(Aims, "OrigLearnStartDate")
def OrigLearnStartDate_09(b: Batch) -> Mask:
    """The original start date of an FM36 aim is before 1 May 2017."""
    return (b.aims.OrigLearnStartDate < MAY_2017) & (b.aims.FundModel == 36)
