"""DateOfBirth: how long an apprenticeship lasts, and who may start one."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day, days_between, whole_days_between
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.fams import has_fam, has_learner_fam
from ilr_validator.packs.queries.standards import standard_rows
from ilr_validator.packs.y2020_21.rules.learner.date_of_birth_programmes import (
    standard_programmes,
)

FROM_2016 = day(2016, 8, 1)
FROM_2025 = day(2025, 8, 1)
FROM_JANUARY_2026 = day(2026, 1, 1)
TWELVE_MONTHS = 365
EIGHT_MONTHS = 242
FOUNDATION = "A0001"

KEPT = carried("2020-21", "DateOfBirth_37", "DateOfBirth_40", "DateOfBirth_48")


def _of_twelve_months(b: Batch) -> Mask:
    """Tell for each aim whether it is a standard of 2016 to July 2025 of a learner from 16."""
    starts = b.aims.LearnStartDate
    aims = standard_programmes(b) & one_of(b.aims.FundModel, 36, 81)
    return aims & (starts >= FROM_2016) & (starts < FROM_2025) & (age_at_start(b) >= 16)


def _of_eight_months(b: Batch) -> Mask:
    """Tell for each aim whether it is a funded standard since August 2025 of a learner from 16."""
    return _funded_since(b, FROM_2025) & (age_at_start(b) >= 16)


def _funded_since(b: Batch, start: float) -> Mask:
    aims = standard_programmes(b) & (b.aims.FundModel == 36)
    return aims & (b.aims.LearnStartDate >= start)


@rule(Aims, "LearnPlanEndDate", "LearnStartDate")
def DateOfBirth_46(b: Batch) -> Mask:
    """The apprenticeship standard from before August 2025 is planned for less than 365 days."""
    days = whole_days_between(b.aims.LearnStartDate, b.aims.LearnPlanEndDate)
    return _of_twelve_months(b) & (days < TWELVE_MONTHS)


@rule(Aims, "DateOfBirth", "ProgType")
def DateOfBirth_47(b: Batch) -> Mask:
    """The completed apprenticeship standard from before August 2025 lasted less than 365 days."""
    days = days_between(b.aims.LearnStartDate, b.aims.LearnActEndDate)
    aims = _of_twelve_months(b) & (b.aims.CompStatus == 2) & (days < TWELVE_MONTHS)
    return b.aims.first_of_learner(aims)


@rule(
    Aims, "DateOfBirth", "AimType", "LearnStartDate", "LearnPlanEndDate", "FundModel", "ProgType",
    ("LearnDelFAMType", "RES"),
)  # fmt: skip
def DateOfBirth_57(b: Batch) -> Mask:
    """The apprenticeship standard is planned for less than 242 days."""
    days = whole_days_between(b.aims.LearnStartDate, b.aims.LearnPlanEndDate)
    return _of_eight_months(b) & (days < EIGHT_MONTHS)


@rule(
    Aims, "DateOfBirth", "AimType", "LearnStartDate", "FundModel", "ProgType", "CompStatus",
    "LearnActEndDate", ("LearnDelFAMType", "RES"),
)  # fmt: skip
def DateOfBirth_58(b: Batch) -> Mask:
    """The completed apprenticeship standard lasted less than 242 days."""
    days = days_between(b.aims.LearnStartDate, b.aims.LearnActEndDate)
    return _of_eight_months(b) & (b.aims.CompStatus == 2) & (days < EIGHT_MONTHS)


@rule(Aims, "LearnStartDate", "FundModel", "ProgType", "AimType", "StdCode", "DateOfBirth")
def DateOfBirth_59(b: Batch) -> Mask:
    """The learner is 25 or older at the start of a foundation apprenticeship."""
    aims = _funded_since(b, FROM_2025) & (age_at_start(b) >= 25)
    rows, standards = standard_rows(b, aims)
    return aims & standards.ApprenticeshipStandardTypeCode.take(rows).is_any(FOUNDATION)


@rule(
    Aims, "LearnStartDate", "FundModel", "ProgType", "AimType", "StdCode", "DateOfBirth",
    ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "362"),
)  # fmt: skip
def DateofBirth_60(b: Batch) -> Mask:
    """A level 7 apprenticeship is for learners of 16 to 21, or under 25 with care or a plan."""
    ages = age_at_start(b)
    with_plan = b.aims.of_learner(has_learner_fam(b, "EHC"))
    supported = (ages < 25) & (has_fam(b, "LDM", "362") | with_plan)
    unfit = (ages < 16) | (ages > 21)
    aims = _funded_since(b, FROM_JANUARY_2026) & unfit & ~supported
    rows, standards = standard_rows(b, aims)
    return aims & standards.NotionalEndLevel.take(rows).is_any("7")
