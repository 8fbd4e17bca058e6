"""EmpStat and EII: how many hours a trainee in paid employment may work."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.queries.employment import monitorings_of, status_at_start

IN_PAID_EMPLOYMENT: Final = 10
PROGRAMME_AIM: Final = 1
TRAINEESHIP: Final = 24
UNTIL_2018: Final = day(2018, 7, 31)


def _disallowed_hours(b: Batch) -> tuple[Rows, Rows]:
    """Pair trainees' programme aims with the monitorings of too many hours when they start.

    Until July 2018 fewer than 16 hours a week were allowed, since then up to 20.
    """
    trainees = (b.aims.ProgType == TRAINEESHIP) & (b.aims.AimType == PROGRAMME_AIM)
    if not trainees.any():
        nothing = np.zeros(0, np.intp)
        return nothing, nothing
    hours = b.employment_monitorings
    employed = hours.of_parent(b.employments.EmpStat) == IN_PAID_EMPLOYMENT
    other_hours = monitorings_of(b, "EII") & ~monitorings_of(b, "EII", 2)
    other_new_hours = monitorings_of(b, "EII") & ~monitorings_of(b, "EII", 5, 6)
    aims, found = b.aims.pairs(trainees, hours, employed & (other_hours | other_new_hours))
    is_old = b.aims.LearnStartDate[aims] <= UNTIL_2018
    disallowed = np.where(is_old, other_hours[found], other_new_hours[found])
    disallowed &= hours.parent[found] == status_at_start(b)[aims]
    return aims[disallowed], found[disallowed]


def _monitorings(b: Batch, rows: Rows) -> Rows:
    """Give the monitoring that each of these aims, in this order, was reported for."""
    aims, found = _disallowed_hours(b)
    return found[np.isin(aims, rows)]


def _esm_type(b: Batch, rows: Rows) -> Text:
    return b.employment_monitorings.ESMType.take(_monitorings(b, rows))


def _esm_code(b: Batch, rows: Rows) -> Numbers:
    return b.employment_monitorings.ESMCode[_monitorings(b, rows)]


def _aims_started(b: Batch, started: Mask) -> Rows:
    aims, _ = _disallowed_hours(b)
    return aims[started[aims]]


@rule(Aims, ("ESMType", _esm_type), ("ESMCode", _esm_code))
def EmpStat_18(b: Batch) -> Rows:
    """A trainee who started by July 2018 is employed for 16 hours a week or more."""
    return _aims_started(b, b.aims.LearnStartDate <= UNTIL_2018)


@rule(Aims, ("ESMType", _esm_type), ("ESMCode", _esm_code))
def EmpStat_19(b: Batch) -> Rows:
    """A trainee is employed for more than 20 hours a week."""
    return _aims_started(b, b.aims.LearnStartDate > UNTIL_2018)
