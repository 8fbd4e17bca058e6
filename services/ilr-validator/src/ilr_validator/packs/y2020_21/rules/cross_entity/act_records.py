"""Apprenticeship contract types (ACT) of an aim: one after the other, and up to its end."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, differs, is_known, is_null, take
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.employment import earliest_status
from ilr_validator.packs.queries.fams import fam_count, fams_of, has_fam, has_fam_from
from ilr_validator.packs.queries.groups import neighbours

APPRENTICESHIPS = 36
STANDARD = 25
EMPLOYED = 10
CONTINUING = 1

ACT = ("LearnDelFAMType", "ACT")


@derived
def acts_in_order(b: Batch) -> tuple[Rows, Rows]:
    """Pair each ACT of an aim with the next one by start, those without a start first."""
    return neighbours(fams_of(b, "ACT"), b.fams.parent, b.fams.LearnDelFAMDateFrom)


@derived
def overlapping_acts(b: Batch) -> Mask:
    """Tell for each ACT whether it has no end, or one that is not before the next one's start."""
    earlier, later = acts_in_order(b)
    ends, starts = b.fams.LearnDelFAMDateTo[earlier], b.fams.LearnDelFAMDateFrom[later]
    return b.fams.mask(earlier[is_null(ends) | (ends >= starts)])


@rule(FAMs, ACT, "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def R101(b: Batch) -> Mask:
    """Two contract types of the aim apply at the same time."""
    mask = overlapping_acts(b)
    if not mask.any():
        return mask
    # The official rule gives a learner up at the first aim with fewer than two contract types.
    single = fam_count(b, "ACT") < 2
    stops = take(np.arange(b.aims.size, dtype=np.float64), b.aims.first(single))
    return mask & ~(b.fams.parent > b.fams.of_learner(stops))


@rule(Aims, "LearnStartDate", ACT)
def R102(b: Batch) -> Mask:
    """No contract type applies from the start of the aim."""
    return has_fam(b, "ACT") & ~has_fam_from(b, "ACT", b.aims.LearnStartDate)


@rule(
    FAMs, "LearnPlanEndDate", "LearnActEndDate", ACT, "LearnDelFAMDateFrom", "LearnDelFAMDateTo"
)  # fmt: skip
def R104(b: Batch) -> Mask:
    """The contract type does not start on the day after the one before it ended."""
    acts = fams_of(b, "ACT") & is_known(b.fams.LearnDelFAMDateFrom)
    earlier, later = neighbours(acts, b.fams.parent, b.fams.LearnDelFAMDateFrom)
    ends, starts = b.fams.LearnDelFAMDateTo[earlier], b.fams.LearnDelFAMDateFrom[later]
    return b.fams.mask(later[ends != starts - 1])


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", reports_aim=False)
def R105(b: Batch) -> Rows:
    """Different contract types of the learner apply at the same time."""
    fams = b.fams
    earlier, later = neighbours(fams_of(b, "ACT"), fams.learner, fams.LearnDelFAMDateFrom)
    ends, starts = fams.LearnDelFAMDateTo[earlier], fams.LearnDelFAMDateFrom[later]
    codes = fams.LearnDelFAMCode.codes
    hits = later[(is_null(ends) | (starts <= ends)) & (codes[earlier] != codes[later])]
    _, firsts = np.unique(fams.learner[hits], return_index=True)
    return hits[firsts]


def employment_at_start(b: Batch, acts: Mask) -> Numbers:
    """Give for each ACT of the mask the employment status (EmpStat) in force when it starts."""
    statuses = b.employments
    act, status = b.fams.pairs(acts, statuses, np.ones(statuses.size, bool))
    before = b.fams.LearnDelFAMDateFrom[act] >= statuses.DateEmpStatApp[status]
    act, status = act[before], status[before]
    applied = statuses.DateEmpStatApp[status]
    return take(statuses.EmpStat, pairs.first_of_greatest(b.fams.size, act, status, applied))


@derived
def acts_without_employment(b: Batch) -> Mask:
    """Tell which funded ACTs with an employer start when the learner is not employed."""
    starts, statuses = b.fams.LearnDelFAMDateFrom, b.employments
    acts = fams_of(b, "ACT", "1") & b.fams.of_parent(b.aims.FundModel == APPRENTICESHIPS)
    # Most are employed throughout.
    employed = b.fams.of_learner(statuses.all(statuses.EmpStat == EMPLOYED))
    throughout = employed & (starts >= b.fams.of_learner(earliest_status(b)))
    acts = acts & is_known(starts) & ~throughout
    return acts & (employment_at_start(b, acts) != EMPLOYED) if acts.any() else acts


@rule(Aims)
def R110(b: Batch) -> Mask:
    """The learner is not employed when an apprenticeship contract with an employer starts."""
    return b.fams.any(acts_without_employment(b))


@derived
def _latest_dated_act(b: Batch) -> Rows:
    acts = fams_of(b, "ACT") & is_known(b.fams.LearnDelFAMDateFrom)
    return b.fams.row_of_max(b.fams.LearnDelFAMDateFrom, acts)


@derived
def _end_of_latest_dated_act(b: Batch) -> Dates:
    return take(b.fams.LearnDelFAMDateTo, _latest_dated_act(b))


@derived
def _end_of_latest_act(b: Batch) -> Dates:
    rows = b.fams.row_of_max(b.fams.LearnDelFAMDateFrom, fams_of(b, "ACT"))
    return take(b.fams.LearnDelFAMDateTo, rows)


def _reported_dated_end(b: Batch, rows: Rows) -> Dates:
    return _end_of_latest_dated_act(b)[rows]


def _reported_end(b: Batch, rows: Rows) -> Dates:
    return _end_of_latest_act(b)[rows]


@derived
def _standards(b: Batch) -> Mask:
    return (b.aims.FundModel == APPRENTICESHIPS) & (b.aims.ProgType == STANDARD)


@derived
def _frameworks(b: Batch) -> Mask:
    return (b.aims.FundModel == APPRENTICESHIPS) & (b.aims.ProgType != STANDARD)


@rule(Aims, "LearnActEndDate", ACT, ("LearnDelFAMDateTo", _reported_dated_end))
def R112(b: Batch) -> Mask:
    """The latest contract type of an ended framework aim does not end with it."""
    mask = _frameworks(b) & is_known(b.aims.LearnActEndDate)
    if not mask.any():
        return mask
    return mask & (_latest_dated_act(b) >= 0) & (
        _end_of_latest_dated_act(b) != b.aims.LearnActEndDate
    )  # fmt: skip


@rule(Aims, "LearnActEndDate", ACT, ("LearnDelFAMDateTo", _reported_dated_end))
def R113(b: Batch) -> Mask:
    """The latest contract type of an open framework aim has an end."""
    mask = _frameworks(b) & is_null(b.aims.LearnActEndDate)
    return mask & is_known(_end_of_latest_dated_act(b)) if mask.any() else mask


@rule(Aims, ACT, ("LearnDelFAMDateTo", _reported_dated_end), "AchDate")
def R121(b: Batch) -> Mask:
    """The latest contract type of an apprenticeship does not end on its achievement date."""
    mask = _standards(b) & is_known(b.aims.AchDate)
    if not mask.any():
        return mask
    ends = _end_of_latest_dated_act(b)
    return mask & is_known(ends) & (b.aims.AchDate != ends)


@rule(
    Aims, "CompStatus", ACT, ("LearnDelFAMDateTo", _reported_end), "AchDate", "LearnActEndDate"
)  # fmt: skip
def R122(b: Batch) -> Mask:
    """The latest contract type does not end with the apprenticeship that was not achieved."""
    mask = _standards(b) & (b.aims.CompStatus != CONTINUING) & is_null(b.aims.AchDate)
    mask &= has_fam(b, "ACT")
    return mask & differs(b.aims.LearnActEndDate, _end_of_latest_act(b)) if mask.any() else mask


@rule(Aims, ("LearnDelFAMDateTo", _reported_end), "CompStatus")
def R123(b: Batch) -> Mask:
    """The latest contract type of a continuing apprenticeship has an end."""
    mask = _standards(b) & (b.aims.CompStatus == CONTINUING)
    return mask & is_known(_end_of_latest_act(b)) if mask.any() else mask
