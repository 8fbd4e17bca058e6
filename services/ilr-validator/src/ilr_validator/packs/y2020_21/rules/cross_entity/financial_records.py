"""Financial records of apprenticeships: prices and payments."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known
from ilr_validator.packs.derived import dd17
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.fin_records import fins_of, has_fin
from ilr_validator.packs.queries.groups import Keys, all_repeated, numbered

NOT_FUNDED = 99
APPRENTICESHIPS = 36
STANDARD = 25
COMPLETED = 2
FROM_FEBRUARY_2019 = day(2019, 2, 1)


def _once_an_aim(b: Batch, records: Mask) -> Mask:
    """Leave out what repeats an earlier record of an aim with the same number (`Distinct`)."""
    fins = b.fin_records
    aims = (fins.of_parent(column) for column in (b.aims.AimSeqNumber, b.aims.FworkCode))
    keys = (*aims, fins.of_parent(b.aims.StdCode), *_keys(b))
    rows, firsts = all_repeated(records, fins.learner, *keys)
    return records & ~fins.mask(rows[rows != firsts])


def _keys(b: Batch) -> tuple[Keys, ...]:
    fins = b.fin_records
    return fins.AFinType.codes, fins.AFinCode, fins.AFinDate


def repeated_in_programme(b: Batch, programme: Numbers) -> Rows:
    """Give the records of FM36 programme aims that repeat in the aims of equal programme code."""
    aims = b.aims
    chosen = (aims.FundModel == APPRENTICESHIPS) & (aims.AimType == 1) & is_apprenticeship(b)
    chosen = chosen & is_known(programme)
    records = b.fin_records.of_parent(chosen)
    if not chosen.any() or not records.any():
        return np.flatnonzero(records)
    codes = b.fin_records.of_parent(programme)
    rows, _ = all_repeated(records, b.fin_records.learner, codes, *_keys(b))
    return np.flatnonzero(_once_an_aim(b, b.fin_records.mask(rows))) if len(rows) else rows


@rule(FinRecords, "FworkCode", "StdCode", "AFinType", "AFinCode", "AFinDate")
def R68(b: Batch) -> Rows:
    """The apprenticeship has the same financial type, code and date twice."""
    codes = (b.aims.StdCode, b.aims.FworkCode)
    return np.concatenate([repeated_in_programme(b, code) for code in codes])


@rule(Aims, "AimType", "FundModel", "ProgType", "CompStatus")
def R100(b: Batch) -> Mask:
    """A completed apprenticeship standard has no assessment price."""
    aims = b.aims
    completed = (aims.ProgType == STANDARD) & (aims.AimType == 1) & (aims.CompStatus == COMPLETED)
    return completed & (aims.FundModel != NOT_FUNDED) & ~has_fin(b, "TNP", 2, 4)


@rule(FinRecords, "LearnStartDate", "AFinType", "AFinCode", "AFinDate")
def R119(b: Batch) -> Mask:
    """The date of the negotiated price is before the start of the aim."""
    starts = b.fin_records.of_parent(b.aims.LearnStartDate)
    early = (starts >= FROM_FEBRUARY_2019) & (b.fin_records.AFinDate < starts)
    return early & fins_of(b, "TNP")


@derived
def _payments(b: Batch) -> tuple[Mask, Numbers]:
    """Tell the first aim of each standard of a learner, and what was paid for the standard.

    Aims of FundModel 81 only (`dd17.qualifies`). What the provider paid back is taken off.
    """
    totals = np.full(b.aims.size, np.nan)
    rows = np.flatnonzero(dd17.qualifies(b))
    if not len(rows):
        return dd17.qualifies(b), totals
    amounts = b.fin_records.AFinAmount
    paid = b.fin_records.sum(amounts, fins_of(b, "PMR", 1, 2))
    paid = paid - b.fin_records.sum(amounts, fins_of(b, "PMR", 3))
    standards = numbered(b.aims.parent[rows], b.aims.StdCode[rows])
    _, firsts = np.unique(standards, return_index=True)
    totals[rows] = np.bincount(standards, paid[rows], minlength=1)[standards]
    return b.aims.mask(rows[firsts]), totals


STANDARD_FIELDS = ("LearnRefNumber", ("AimType", 1), ("ProgType", STANDARD), "StdCode")


@rule(Aims, *STANDARD_FIELDS, reports_aim=False)
def R72(b: Batch) -> Mask:
    """The employer paid more than a third of the negotiated price, which is within the cap."""
    first, paid = _payments(b)
    if not first.any():
        return first
    return first & ~dd17.exceeds_cap(b, first) & (paid > np.trunc(dd17.total_price(b) / 3))


@rule(Aims, *STANDARD_FIELDS, reports_aim=False)
def R73(b: Batch) -> Mask:
    """The employer paid more than the part of the negotiated price that is above the cap."""
    first, paid = _payments(b)
    if not first.any():
        return first
    first = first & dd17.exceeds_cap(b, first)
    return first & (paid > dd17.total_price(b) - dd17.funding_cap(b, first))
