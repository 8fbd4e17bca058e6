"""ESMType: how an employment status is monitored."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import EmploymentMonitorings, Employments, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.employment import duplicated_monitorings, has_monitoring
from ilr_validator.packs.queries.fams import learner_has_aim_fam

IN_PAID_EMPLOYMENT: Final = 10
LOOKING_FOR_WORK: Final = 11
NOT_IN_PAID_EMPLOYMENT: Final = (11, 12)
FUND_MODELS_16_TO_19: Final = (25, 82)
PROGRAMME_AIM: Final = 1
STANDARD: Final = 25
ONCE: Final = ("SEI", "EII", "LOU", "LOE", "BSI", "PEI", "SEM")
BENEFITS_OF_ACADEMIES: Final = (1, 4, 5)
UNTIL_2012: Final = day(2012, 7, 31)
FROM_2013: Final = day(2013, 8, 1)


def _is(b: Batch, *codes: int) -> Mask:
    return one_of(b.employments.EmpStat, *codes)


@rule(EmploymentMonitorings, "ESMType", "ESMCode")
def ESMType_01(b: Batch) -> Mask:
    """The type and code of employment monitoring are not a known pair, in capitals."""
    table = b.employment_monitorings
    return ~b.in_list("ESMType", table, None, table.ESMType, table.ESMCode, as_written=True)


@rule(Employments, "EmpStat", "DateEmpStatApp")
def ESMType_02(b: Batch) -> Mask:
    """The hours of a learner in paid employment are missing."""
    mask = _is(b, IN_PAID_EMPLOYMENT) & (b.employments.DateEmpStatApp > UNTIL_2012)
    return mask & ~has_monitoring(b, "EII")


@rule(Employments, ("ESMType", "LOU"), "EmpStat")
def ESMType_05(b: Batch) -> Mask:
    """A learner in paid employment has a length of unemployment."""
    return _is(b, IN_PAID_EMPLOYMENT) & has_monitoring(b, "LOU")


@rule(Employments, ("ESMType", "SEI"), "EmpStat")
def ESMType_07(b: Batch) -> Mask:
    """A self-employed learner is not in paid employment."""
    return has_monitoring(b, "SEI", 1) & ~_is(b, IN_PAID_EMPLOYMENT)


@rule(Employments, "DateEmpStatApp", "EmpStat")
def ESMType_08(b: Batch) -> Mask:
    """The length of unemployment of a learner who is looking for work is missing."""
    mask = _is(b, LOOKING_FOR_WORK) & (b.employments.DateEmpStatApp > UNTIL_2012)
    of_16_to_19 = b.aims.any(one_of(b.aims.FundModel, *FUND_MODELS_16_TO_19))
    return mask & ~has_monitoring(b, "LOU") & ~b.employments.of_parent(of_16_to_19)


@rule(Employments, ("ESMType", "LOE"), "EmpStat", "DateEmpStatApp")
def ESMType_09(b: Batch) -> Mask:
    """The length of employment of an apprentice in paid employment is missing."""
    starts = b.aims.LearnStartDate
    programmes = is_apprenticeship(b) & (b.aims.AimType == PROGRAMME_AIM) & (starts >= FROM_2013)
    latest = b.employments.of_parent(b.aims.max(starts, programmes))
    applied = b.employments.DateEmpStatApp
    mask = _is(b, IN_PAID_EMPLOYMENT) & (applied >= FROM_2013) & (applied <= latest)
    return mask & ~has_monitoring(b, "LOE")


@rule(Employments, ("ESMType", "LOE"), "DateEmpStatApp", "EmpStat")
def ESMType_10(b: Batch) -> Mask:
    """A learner who is not in paid employment has a length of employment."""
    return _is(b, *NOT_IN_PAID_EMPLOYMENT) & has_monitoring(b, "LOE")


@rule(Employments, "DateEmpStatApp")
def ESMType_11(b: Batch) -> Mask:
    """A code of employment monitoring was not valid when the status began to apply."""
    table = b.employment_monitorings
    dates = table.of_parent(b.employments.DateEmpStatApp)
    current = b.in_list_at("ESMType", table, None, dates, table.ESMType, table.ESMCode)
    return table.any(~current)


@rule(Employments, ("ESMType", "Invalid"), "DateEmpStatApp", "EmpStat")
def ESMType_12(b: Batch) -> Mask:
    """A learner who is not in paid employment has hours of work or is self-employed."""
    mask = _is(b, *NOT_IN_PAID_EMPLOYMENT) & (b.employments.DateEmpStatApp >= FROM_2013)
    return mask & (has_monitoring(b, "SEI") | has_monitoring(b, "EII"))


def _repeated_types(b: Batch, rows: Rows) -> list[str]:
    """Write the types that each of these statuses has more than once, in capitals."""
    table = b.employment_monitorings
    repeated = duplicated_monitorings(b, *ONCE)
    return [
        ", ".join(
            (table.ESMType.at(other) or "").upper()
            for other in (repeated & (table.parent == row)).nonzero()[0]
        )
        for row in rows
    ]


@rule(Employments, ("ESMType", _repeated_types))
def ESMType_15(b: Batch) -> Mask:
    """An employment status is monitored more than once with the same type."""
    table = b.employment_monitorings
    rows = np.flatnonzero(table.ESMType.is_any(*ONCE))
    types = table.ESMType.folded[rows]
    pairs = table.parent[rows] * (int(types.max(initial=0)) + 1) + types
    return table.any(table.mask(rows[np.bincount(pairs)[pairs] > 1]))


@rule(Employments, ("ProgType", STANDARD), "EmpStat", ("ESMType", "SEM"), ("ESMCode", 1))
def ESMType_16(b: Batch) -> Mask:
    """An apprentice of a small employer is not in paid employment."""
    mask = _is(b, *NOT_IN_PAID_EMPLOYMENT) & has_monitoring(b, "SEM", 1)
    return mask & b.employments.of_parent(b.aims.any(b.aims.ProgType == STANDARD))


@rule(Learners, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "375"), ("ESMType", "BSI"))
def ESMType_17(b: Batch) -> Mask:
    """A learner in a sector-based work academy has a benefit that does not fit."""
    table = b.employment_monitorings
    unfit = table.ESMType.is_exactly("BSI") & ~one_of(table.ESMCode, *BENEFITS_OF_ACADEMIES)
    return b.employments.any(table.any(unfit)) & learner_has_aim_fam(b, "LDM", "375")
