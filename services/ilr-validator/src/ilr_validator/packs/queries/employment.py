"""Which employment status holds on a date, and how it is monitored.

Official names: `LearnerEmploymentStatusQueryService`,
`LearnerEmploymentStatusMonitoringQueryService`.
"""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.tables import NO_ROW
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, one_of, take, take_mask
from ilr_validator.packs.queries import pairs


@derived
def status_at_start(b: Batch) -> Rows:
    """Give for each aim the employment status that holds when it starts; NO_ROW for none."""
    return status_on(b, b.aims.LearnStartDate)


@derived
def status_code_at_start(b: Batch) -> Numbers:
    """Give for each aim the `EmpStat` that holds when it starts; null where there is none."""
    return take(b.employments.EmpStat, status_at_start(b))


def status_on(b: Batch, dates: Dates) -> Rows:
    """Give for each aim the status on its date: the latest one that applies from then or before.

    `LearnerEmploymentStatusForDate`.
    """
    aims, statuses = statuses_until(b, dates)
    applied = b.employments.DateEmpStatApp[statuses]
    return pairs.first_of_greatest(b.aims.size, aims, statuses, applied)


def learner_status_on(b: Batch, dates: Dates) -> Rows:
    """Give for each learner the employment status on its date; NO_ROW where there is none."""
    applied = b.employments.DateEmpStatApp
    return b.employments.row_of_max(applied, applied <= b.employments.of_parent(dates))


def statuses_until(b: Batch, dates: Dates, where: Mask | None = None) -> tuple[Rows, Rows]:
    """Pair each aim of `where` with each status that applies from its date or before.

    `LearnerEmploymentStatusesForDate`.
    """
    reached = np.ones(b.aims.size, bool) if where is None else where
    everything = np.ones(b.employments.size, bool)
    aims, statuses = b.aims.pairs(reached, b.employments, everything)
    applies = b.employments.DateEmpStatApp[statuses] <= dates[aims]
    return aims[applies], statuses[applies]


@derived
def earliest_status(b: Batch) -> Dates:
    """Give for each learner the first date from which a status applies; null without a status."""
    return b.employments.min(b.employments.DateEmpStatApp)


def none_before(b: Batch, dates: Dates) -> Mask:
    """Tell for each aim whether none applies before its date (`EmpStatsNotExistBeforeDate`)."""
    return ~(b.aims.of_learner(earliest_status(b)) < dates)


def none_on_or_before(b: Batch, dates: Dates) -> Mask:
    """Tell for each aim whether none applies then or before (`EmpStatsNotExistOnOrBeforeDate`)."""
    return ~(b.aims.of_learner(earliest_status(b)) <= dates)


@derived
def none_before_start(b: Batch) -> Mask:
    """Tell for each aim whether none applies before it starts."""
    return none_before(b, b.aims.LearnStartDate)


@derived
def none_by_start(b: Batch) -> Mask:
    """Tell for each aim whether none applies when it starts or before."""
    return none_on_or_before(b, b.aims.LearnStartDate)


def none_of_learner_before(b: Batch, dates: Dates) -> Mask:
    """Tell for each learner whether no status applies before its date."""
    return ~(earliest_status(b) < dates)


def none_of_learner_on_or_before(b: Batch, dates: Dates) -> Mask:
    """Tell for each learner whether no status applies on its date or before."""
    return ~(earliest_status(b) <= dates)


@derived
def monitorings_of(b: Batch, esm_type: str, *codes: float) -> Mask:
    """Tell for each monitoring whether it is of this type, and of one of the codes if given."""
    mask = b.employment_monitorings.ESMType.is_any(esm_type)
    return mask & one_of(b.employment_monitorings.ESMCode, *codes) if codes else mask


@derived
def has_monitoring(b: Batch, esm_type: str, *codes: float) -> Mask:
    """Tell for each status whether it is monitored with the type, and one of the codes if given.

    `HasAnyEmploymentStatusMonitoringTypeAndCode(s)ForEmploymentStatus`.
    """
    return b.employment_monitorings.any(monitorings_of(b, esm_type, *codes))


@derived
def has_monitoring_at_start(b: Batch, esm_type: str, *codes: float) -> Mask:
    """Tell for each aim whether the status at its start is so monitored; false without one."""
    return take_mask(has_monitoring(b, esm_type, *codes), status_at_start(b))


@derived
def first_status_has_monitoring(b: Batch, esm_type: str, *codes: float) -> Mask:
    """Tell for each learner whether the first recorded status, and no other, is so monitored.

    `HasAnyEmploymentStatusMonitoringTypeAndCodeForLearnerEmploymentStatus`, with its oddity.
    """
    firsts = b.employments.first(np.ones(b.employments.size, bool))
    return take_mask(has_monitoring(b, esm_type, *codes), firsts)


@derived
def duplicated_monitorings(b: Batch, *esm_types: str) -> Mask:
    """Mark the first monitoring of each type that a status holds more than once.

    `GetDuplicatedEmploymentStatusMonitoringTypesForTypes`, whose keys are in capitals.
    """
    table = b.employment_monitorings
    result = np.zeros(table.size, bool)
    for esm_type in esm_types:
        mask = monitorings_of(b, esm_type)
        firsts = table.first(mask)
        result |= table.mask(np.where(table.count(mask) > 1, firsts, NO_ROW))
    return result


def has_status_by_start(b: Batch, statuses: Mask) -> Mask:
    """Tell for each aim whether any of these statuses applies from its start or before."""
    earliest = b.employments.min(b.employments.DateEmpStatApp, statuses)
    result: Mask = b.aims.of_learner(earliest) <= b.aims.LearnStartDate
    return result
