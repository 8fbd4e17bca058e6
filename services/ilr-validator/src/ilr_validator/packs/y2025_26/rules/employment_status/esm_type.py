"""ESMType: how an employment status is monitored; OET, other employment types, is new."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import EmploymentMonitorings, Employments, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.employment import (
    has_monitoring,
    monitorings_of,
    status_at_start,
)
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.groups import first_repeated

KEPT = carried(
    "2020-21",
    "ESMType_01",
    "ESMType_02",
    "ESMType_05",
    "ESMType_07",
    "ESMType_10",
    "ESMType_11",
    "ESMType_12",
    "ESMType_15",
    "ESMType_16",
)

IN_PAID_EMPLOYMENT: Final = 10
LOOKING_FOR_WORK: Final = 11
PROGRAMME_AIM: Final = 1
OF_16_TO_19_OR_BOOTCAMP: Final = (25, 82, 37)
REDUNDANT: Final = 1
SMALL_OR_MEDIUM_EMPLOYER: Final = 2
BENEFITS_OF_ACADEMIES: Final = (1, 4, 5)
FROM_2012: Final = day(2012, 8, 1)
FROM_2013: Final = day(2013, 8, 1)


@rule(Employments, "DateEmpStatApp", "EmpStat")
def ESMType_08(b: Batch) -> Mask:
    """The length of unemployment of a learner who is looking for work is missing."""
    statuses = b.employments
    mask = (statuses.EmpStat == LOOKING_FOR_WORK) & (statuses.DateEmpStatApp >= FROM_2012)
    excepted = b.aims.any(one_of(b.aims.FundModel, *OF_16_TO_19_OR_BOOTCAMP))
    return mask & ~has_monitoring(b, "LOU") & ~statuses.of_parent(excepted)


@rule(Employments, ("ESMType", "LOE"), "EmpStat", "DateEmpStatApp")
def ESMType_09(b: Batch) -> Mask:
    """The length of employment is missing where an apprentice starts in paid employment."""
    statuses = b.employments
    programmes = is_apprenticeship(b) & (b.aims.AimType == PROGRAMME_AIM)
    mask = statuses.mask(status_at_start(b)[programmes]) & (statuses.EmpStat == IN_PAID_EMPLOYMENT)
    return mask & (statuses.DateEmpStatApp >= FROM_2013) & ~has_monitoring(b, "LOE")


@rule(Learners, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "375"), ("ESMType", "BSI"))
def ESMType_17(b: Batch) -> Mask:
    """A learner in a sector-based work academy lacks a benefit that fits, or has another."""
    fits = has_monitoring(b, "BSI", *BENEFITS_OF_ACADEMIES)
    benefits = b.employment_monitorings
    is_other = monitorings_of(b, "BSI") & ~one_of(benefits.ESMCode, *BENEFITS_OF_ACADEMIES)
    wrong = b.employments.any(benefits.any(is_other)) | ~b.employments.any(fits)
    return wrong & b.aims.any(has_fam(b, "LDM", "375"))


@rule(Employments, "EmpStat", ("ESMType", "OET"))
def ESMType_18(b: Batch) -> Mask:
    """A learner in paid employment is recorded as made redundant."""
    return (b.employments.EmpStat == IN_PAID_EMPLOYMENT) & has_monitoring(b, "OET", REDUNDANT)


@rule(Employments, "EmpStat", ("ESMType", "OET"))
def ESMType_19(b: Batch) -> Mask:
    """A learner with a small or medium employer is not in paid employment."""
    with_employer = has_monitoring(b, "OET", SMALL_OR_MEDIUM_EMPLOYER)
    return with_employer & (b.employments.EmpStat != IN_PAID_EMPLOYMENT)


@rule(EmploymentMonitorings, "ESMType", "ESMCode")
def ESMType_20(b: Batch) -> Rows:
    """A code of another employment type stands more than once in an employment status."""
    codes = b.employment_monitorings
    return first_repeated(monitorings_of(b, "OET"), codes.parent, codes.ESMCode)
