"""ProgType: which aims a programme must, may and must not hold."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import add_months, day, month_of, year_of
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Rows, is_known, is_null, one_of
from ilr_validator.packs.derived.dd04 import earliest_programme_start
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam

FROM_AUGUST_2015 = day(2015, 8, 1)
FROM_SEPTEMBER_2014 = day(2014, 9, 1)
BASIC_SKILLS_TYPES = (-2, -1, 11, 12, 19, 20, 33, 34)
T_LEVEL_QUALIFICATION = "1468"


@rule(Aims, "AimType")
def ProgType_01(b: Batch) -> Mask:
    """An aim of a programme has no programme type."""
    return one_of(b.aims.AimType, 1, 3) & is_null(b.aims.ProgType)


@rule(Aims, "ProgType", "AimType")
def ProgType_02(b: Batch) -> Mask:
    """An aim outside a programme has a programme type."""
    return (b.aims.AimType == 4) & is_known(b.aims.ProgType)


@rule(Aims, "ProgType", "LearnStartDate")
def ProgType_03(b: Batch) -> Mask:
    """The programme type is not on the list of codes."""
    mask = is_known(b.aims.ProgType)
    return mask & ~b.in_list("ProgType", b.aims, mask, b.aims.ProgType)


@rule(Aims, "FundModel")
def ProgType_06(b: Batch) -> Mask:
    """The funding model is not one for apprenticeship standards."""
    return (b.aims.ProgType == 25) & ~one_of(b.aims.FundModel, 36, 81, 99)


def _traineeships(b: Batch) -> Mask:
    return (b.aims.ProgType == 24) & (b.aims.AimType == 1)


def _is_within(starts: Dates, ends: Dates, months: int) -> Mask:
    """Tell where start and end lie at most so many months apart, counted back from the end."""
    is_late_enough = (year_of(ends) - 1) * 12 + month_of(ends) >= months
    result: Mask = is_late_enough & (starts >= add_months(ends, -months))
    return result


@rule(Aims, "LearnPlanEndDate", "LearnStartDate")
def ProgType_07(b: Batch) -> Mask:
    """A traineeship is planned to last more than twelve months."""
    a = b.aims
    mask = _traineeships(b) & (a.LearnStartDate >= FROM_AUGUST_2015)
    if not mask.any():
        return mask
    return mask & ~_is_within(a.LearnStartDate, a.LearnPlanEndDate, 12)


@rule(Aims, "LearnActEndDate", "LearnStartDate")
def ProgType_08(b: Batch) -> Mask:
    """A traineeship lasted more than twelve months."""
    a = b.aims
    mask = _traineeships(b) & is_known(a.LearnActEndDate)
    if not mask.any():
        return mask
    return mask & ~_is_within(a.LearnStartDate, a.LearnActEndDate, 12)


@rule(Aims, "ProgType", "FworkCode", "PwayCode")
def ProgType_12(b: Batch) -> Mask:
    """The aim is no valid component of the framework 445 at advanced level."""
    a = b.aims
    starts = earliest_programme_start(b)
    mask = (a.ProgType == 2) & (a.FworkCode == 445) & (a.PwayCode == 1) & (a.AimType == 3)
    mask = mask & one_of(a.FundModel, 35, 36) & (starts >= FROM_SEPTEMBER_2014)
    has_fams = b.fams.any(np.ones(b.fams.size, bool))
    mask = mask & has_fams & ~has_fam(b, "RES")
    if not mask.any():
        return mask
    mask = mask & ~lars.has_framework_component(b, mask, 1, 2, 3)
    return mask & ~lars.has_basic_skills_type(b, mask, *BASIC_SKILLS_TYPES)


@rule(Aims, "LearnStartDate")
def ProgType_13(b: Batch) -> Mask:
    """A traineeship has not ended after fourteen months."""
    a = b.aims
    mask = _traineeships(b) & is_null(a.LearnActEndDate)
    if not mask.any():
        return mask
    prepared = 0 * a.LearnStartDate + b.preparation_date
    return mask & ~_is_within(a.LearnStartDate, prepared, 14)


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_14(b: Batch) -> Mask:
    """An industry placement of another programme stands in a traineeship."""
    mask = b.aims.ProgType == 24
    if not mask.any():
        return mask
    return mask & b.aims.LearnAimRef.is_any("ZWRKX002", "ZWRKX003")


def _outside_t_levels(b: Batch) -> Mask:
    """Find aims whose programme type is there but not that of T Levels."""
    return is_known(b.aims.ProgType) & (b.aims.ProgType != 31)


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_15(b: Batch) -> Mask:
    """The T Level industry placement stands in another programme."""
    return _outside_t_levels(b) & b.aims.LearnAimRef.is_any("ZWRKX003")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_16(b: Batch) -> Mask:
    """A T Level technical qualification does not stand in a T Level programme."""
    return lars.aim_type_is(b, b.aims.ProgType != 31, T_LEVEL_QUALIFICATION)


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_17(b: Batch) -> Mask:
    """A T Level occupational specialism stands in another programme."""
    return _outside_t_levels(b) & b.aims.LearnAimRef.starts("ZTLOS")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_18(b: Batch) -> Mask:
    """A T Level foundation year has no core aim of its class."""
    a = b.aims
    mask = a.ProgType == 30
    if not mask.any():
        return mask
    has_core = a.any((a.AimType == 5) & a.LearnAimRef.starts("ZTPR"))
    return a.first_of_learner(mask & ~a.of_learner(has_core))


def _lars_type(b: Batch, rows: Rows) -> Text:
    found, aims = lars.aim_rows(b, b.aims.mask(rows))
    return aims.LearnAimRefType.take(found[rows])


@rule(Aims, ("LarsLearnAimRefType", _lars_type), "ProgType")
def ProgType_19(b: Batch) -> Mask:
    """A T Level programme has no technical qualification as its core aim."""
    a = b.aims
    t_levels = a.ProgType == 31
    if not t_levels.any():
        return t_levels
    cores = (a.AimType == 5) & a.of_learner(a.any(t_levels))
    rows, aims = lars.aim_rows(b, cores)
    qualified = a.any(cores & aims.LearnAimRefType.take(rows).is_exactly(T_LEVEL_QUALIFICATION))
    return a.first_of_learner(t_levels & ~a.of_learner(qualified))
