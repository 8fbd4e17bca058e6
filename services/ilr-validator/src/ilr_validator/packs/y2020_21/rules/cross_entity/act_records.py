"""Apprenticeship contract types (ACT) against achievement."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, differs, is_known, take


def _end_of_latest_act(b: Batch) -> Dates:
    acts = b.fams.LearnDelFAMType.is_any("ACT") & is_known(b.fams.LearnDelFAMDateFrom)
    return take(b.fams.LearnDelFAMDateTo, b.fams.row_of_max(b.fams.LearnDelFAMDateFrom, acts))


def _reported_end(b: Batch, rows: Rows) -> Dates:
    return _end_of_latest_act(b)[rows]


@rule(Aims, ("LearnDelFAMType", "ACT"), ("LearnDelFAMDateTo", _reported_end), "AchDate")
def R121(b: Batch) -> Mask:
    """The latest contract type of an achieved apprenticeship must end on the achievement date."""
    ends = _end_of_latest_act(b)
    standards = (b.aims.FundModel == 36) & (b.aims.ProgType == 25) & is_known(b.aims.AchDate)
    return standards & is_known(ends) & differs(b.aims.AchDate, ends)
