"""AFinDate: when financial records of apprenticeships are dated."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_years
from ilr_validator.engine.record import FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, is_known, is_null
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.file_facts import FILE_PREP_DATE
from ilr_validator.packs.queries.fin_records import fins_of

RECORD = ("AFinType", "AFinCode", "AFinDate")


@rule(FinRecords, "AFinDate", FILE_PREP_DATE)
def AFinDate_03(b: Batch) -> Mask:
    """The date of a financial record is after the file was prepared."""
    dated = is_known(b.fin_records.AFinDate)
    return b.fin_records.AFinDate > b.preparation_date if dated.any() else dated


@rule(FinRecords, "LearnActEndDate", ("AFinType", "TNP"), "AFinDate")
def AFinDate_04(b: Batch) -> Mask:
    """A price of a framework programme is dated after the programme ended."""
    a, fins = b.aims, b.fin_records
    frameworks = (a.AimType == 1) & (a.ProgType != 25) & is_apprenticeship(b)
    frameworks &= is_known(a.LearnActEndDate)
    if not frameworks.any():
        return fins.of_parent(frameworks)
    late = fins_of(b, "TNP") & (fins.AFinDate > fins.of_parent(a.LearnActEndDate))
    return fins.first_of_parent(fins.of_parent(frameworks) & late)


def _priced_after_residual(b: Batch, total: int, residual: int) -> Mask:
    """Tell for the first price of each aim that is later than all its residual prices."""
    fins = b.fin_records
    latest = fins.max(fins.AFinDate, fins_of(b, "TNP", residual))
    return fins.first_of_parent(fins_of(b, "TNP", total) & (fins.AFinDate > fins.of_parent(latest)))


@rule(FinRecords, *RECORD)
def AFinDate_05(b: Batch) -> Mask:
    """A total training price (TNP1) is later than the last residual training price (TNP3)."""
    return _priced_after_residual(b, total=1, residual=3)


@rule(FinRecords, *RECORD)
def AFinDate_06(b: Batch) -> Mask:
    """A total assessment price (TNP2) is later than the last residual assessment price (TNP4)."""
    return _priced_after_residual(b, total=2, residual=4)


def _priced_with_residual(b: Batch, total: int, residual: int) -> Mask:
    """Tell for the first price of each aim that has the date of a residual price."""
    fins = b.fin_records
    rows, others = fins.siblings(fins_of(b, "TNP", total), fins_of(b, "TNP", residual))
    return fins.first_of_parent(fins.mask(rows[fins.AFinDate[rows] == fins.AFinDate[others]]))


@rule(FinRecords, *RECORD)
def AFinDate_07(b: Batch) -> Mask:
    """A total (TNP1) and a residual training price (TNP3) of the aim have the same date."""
    return _priced_with_residual(b, total=1, residual=3)


@rule(FinRecords, *RECORD)
def AFinDate_08(b: Batch) -> Mask:
    """A total (TNP2) and a residual assessment price (TNP4) of the aim have the same date."""
    return _priced_with_residual(b, total=2, residual=4)


def _of_apprenticeship_programme(b: Batch) -> Mask:
    return b.fin_records.of_parent((b.aims.AimType == 1) & is_apprenticeship(b))


@rule(FinRecords, "AFinDate", "LearnStartDate")
def AFinDate_09(b: Batch) -> Mask:
    """A financial record is dated more than a year before its apprenticeship started."""
    fins = b.fin_records
    starts = fins.of_parent(b.aims.LearnStartDate)
    mask = _of_apprenticeship_programme(b) & (fins.AFinDate < starts)
    if not mask.any():
        return mask
    return mask & (fins.AFinDate < add_years(starts, -1))


@rule(FinRecords, "AFinDate", "LearnActEndDate")
def AFinDate_12(b: Batch) -> Mask:
    """A financial record is dated more than two years after its apprenticeship ended."""
    fins = b.fin_records
    ends = fins.of_parent(b.aims.LearnActEndDate)
    mask = _of_apprenticeship_programme(b) & (fins.AFinDate > ends)
    if not mask.any():
        return mask
    return mask & (fins.AFinDate > add_years(ends, 2))


def _last_day_of_prices(b: Batch) -> Numbers:
    """Give for each aim its achievement date or, if withdrawn without one, its actual end."""
    a = b.aims
    last = a.AchDate.copy()
    withdrawn = is_null(a.AchDate) & is_known(a.WithdrawReason)
    last[withdrawn] = a.LearnActEndDate[withdrawn]
    return last


@rule(FinRecords, "AchDate", ("AFinType", "TNP"), "AFinDate")
def AFinDate_13(b: Batch) -> Mask:
    """A price of a standard is dated after its achievement, or after the learner withdrew."""
    fins = b.fin_records
    mask = fins_of(b, "TNP") & fins.of_parent((b.aims.ProgType == 25) & is_apprenticeship(b))
    if not mask.any():
        return mask
    return mask & (fins.AFinDate > fins.of_parent(_last_day_of_prices(b)))
