"""DateOfBirth: how long an apprenticeship lasts for whom, and when a programme may start."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import (
    add_years,
    day,
    days_between,
    last_friday_in_june,
    months_between,
    whole_days_between,
)
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd04 import earliest_programme_start
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.academic_years import YearDate, year_date
from ilr_validator.packs.queries.ages import age_at_start
from ilr_validator.packs.queries.fams import has_fam

FROM_2014 = day(2014, 8, 1)
FROM_2016 = day(2016, 8, 1)
FROM_MAY_2017 = day(2017, 5, 1)
YEAR_OF_DAYS = 365
SEVENTEEN_YEARS = 17 * 366
"""Days after which a learner has left school for certain."""


@derived
def framework_programmes(b: Batch) -> Mask:
    """Tell for each aim whether it is the programme aim of a framework and no restart."""
    programmes = (b.aims.AimType == 1) & (b.aims.ProgType != 25) & is_apprenticeship(b)
    return programmes & ~has_fam(b, "RES")


@derived
def standard_programmes(b: Batch) -> Mask:
    """Tell for each aim whether it is the programme aim of a standard and no restart."""
    return (b.aims.AimType == 1) & (b.aims.ProgType == 25) & ~has_fam(b, "RES")


@rule(Aims, "DateOfBirth", "ProgType")
def DateOfBirth_35(b: Batch) -> Mask:
    """The apprenticeship of a learner under 19 is planned for less than 365 days."""
    aims = framework_programmes(b) & one_of(b.aims.FundModel, 35, 81)
    aims = aims & (b.aims.LearnStartDate >= FROM_2014) & (age_at_start(b) < 19)
    return aims & (
        whole_days_between(b.aims.LearnStartDate, b.aims.LearnPlanEndDate) < YEAR_OF_DAYS
    )


@rule(
    Aims, "DateOfBirth", "AimType", "LearnStartDate", "LearnPlanEndDate", "FundModel", "ProgType",
    ("LearnDelFAMType", "RES"),
)  # fmt: skip
def DateOfBirth_36(b: Batch) -> Mask:
    """The apprenticeship of a learner of 19 or over is planned for less than six months."""
    aims = framework_programmes(b) & one_of(b.aims.FundModel, 35, 81)
    aims = aims & (b.aims.LearnStartDate >= FROM_2014) & (age_at_start(b) >= 19)
    return aims & (months_between(b.aims.LearnStartDate, b.aims.LearnPlanEndDate) < 6)


@rule(Aims, "LearnStartDate", "LearnPlanEndDate")
def DateOfBirth_37(b: Batch) -> Mask:
    """The apprenticeship standard of a learner of 19 or over is planned for less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = standard_programmes(b) & one_of(b.aims.FundModel, 35, 81)
    aims = aims & (starts >= FROM_2014) & (starts < FROM_2016) & (age_at_start(b) >= 19)
    return aims & (days_between(starts, b.aims.LearnPlanEndDate) < YEAR_OF_DAYS)


@rule(
    Aims, "DateOfBirth", "AimType", "LearnStartDate", "FundModel", ("LearnDelFAMType", "RES")
)  # fmt: skip
def DateOfBirth_38(b: Batch) -> Mask:
    """The achieved apprenticeship of a learner under 19 lasted less than 365 days."""
    aims = framework_programmes(b) & one_of(b.aims.FundModel, 35, 81) & (b.aims.Outcome == 1)
    days = days_between(b.aims.LearnStartDate, b.aims.LearnActEndDate)
    return aims & (age_at_start(b) < 19) & (days < YEAR_OF_DAYS)


@rule(
    Aims, "DateOfBirth", "AimType", "LearnStartDate", "LearnActEndDate", "FundModel", "ProgType",
    "Outcome", ("LearnDelFAMType", "RES"),
)  # fmt: skip
def DateOfBirth_40(b: Batch) -> Mask:
    """The achieved apprenticeship standard of a learner of 19 or over lasted less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = standard_programmes(b) & one_of(b.aims.FundModel, 35, 81) & (b.aims.Outcome == 1)
    aims = aims & (starts <= FROM_2016 - 1) & (age_at_start(b) >= 19)
    return aims & (whole_days_between(starts, b.aims.LearnActEndDate) < YEAR_OF_DAYS)


@rule(Aims, "LearnPlanEndDate", "LearnStartDate")
def DateOfBirth_46(b: Batch) -> Mask:
    """The apprenticeship standard is planned for less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = standard_programmes(b) & one_of(b.aims.FundModel, 36, 81) & (starts >= FROM_2016)
    short = whole_days_between(starts, b.aims.LearnPlanEndDate) < YEAR_OF_DAYS
    return aims & (age_at_start(b) >= 16) & short


@rule(Aims, "DateOfBirth", "ProgType")
def DateOfBirth_47(b: Batch) -> Mask:
    """The completed apprenticeship standard lasted less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = standard_programmes(b) & one_of(b.aims.FundModel, 36, 81) & (b.aims.CompStatus == 2)
    aims = aims & (starts >= FROM_2016) & (age_at_start(b) >= 16)
    short = days_between(starts, b.aims.LearnActEndDate) < YEAR_OF_DAYS
    return b.aims.first_of_learner(aims & short)


@rule(Aims, "DateOfBirth", "LearnStartDate")
def DateOfBirth_48(b: Batch) -> Mask:
    """The apprenticeship started before the learner could leave school."""
    starts = earliest_programme_start(b)
    days_old = starts - b.aims.of_learner(b.learners.DateOfBirth)
    young = is_apprenticeship(b) & (starts >= FROM_2016) & (days_old < SEVENTEEN_YEARS)
    if not young.any():
        return young
    rows = np.flatnonzero(young)
    births = b.learners.DateOfBirth[b.aims.parent[rows]]
    leave_school = last_friday_in_june(add_years(births, 16))
    return b.aims.mask(rows[starts[rows] <= leave_school])


@rule(Aims, "DateOfBirth", "LearnStartDate")
def DateOfBirth_50(b: Batch) -> Mask:
    """The traineeship started before the August after the learner turned 16."""
    starts = b.aims.LearnStartDate
    aims = (b.aims.ProgType == 24) & (b.aims.AimType == 1) & (starts > FROM_2016 - 1)
    if not aims.any():
        return aims
    sixteenth = add_years(b.learners.DateOfBirth, 16)
    earliest = b.aims.of_learner(year_date(sixteenth, YearDate.TRAINEESHIPS_AUGUST_1))
    return aims & (starts < earliest)


@rule(Aims, "DateOfBirth", "LearnStartDate")
def DateOfBirth_51(b: Batch) -> Mask:
    """The learner is 25 or older at the start of the traineeship."""
    aims = (b.aims.ProgType == 24) & (b.aims.AimType == 1) & ~has_fam(b, "RES")
    return aims & (b.aims.LearnStartDate > FROM_2016 - 1) & (age_at_start(b) >= 25)


@rule(Aims)
def DateOfBirth_52(b: Batch) -> Mask:
    """The apprenticeship is planned for less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = framework_programmes(b) & (b.aims.FundModel == 36) & (starts >= FROM_MAY_2017)
    return aims & (whole_days_between(starts, b.aims.LearnPlanEndDate) < YEAR_OF_DAYS)


@rule(Aims, "LearnStartDate", "LearnActEndDate")
def DateOfBirth_53(b: Batch) -> Mask:
    """The completed apprenticeship lasted less than 365 days."""
    starts = b.aims.LearnStartDate
    aims = framework_programmes(b) & (b.aims.FundModel == 36) & (starts >= FROM_MAY_2017)
    days = whole_days_between(starts, b.aims.LearnActEndDate)
    return aims & (b.aims.CompStatus == 2) & (days < YEAR_OF_DAYS)
