"""Employment statuses that say nothing new."""

from collections.abc import Sequence

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Employments
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, same, take
from ilr_validator.packs.queries.groups import neighbours, numbered


def _first_monitorings(b: Batch, rows: Rows) -> Rows:
    monitorings = b.employment_monitorings
    return monitorings.first(np.ones(monitorings.size, bool))[rows]


def _first_type(b: Batch, rows: Rows) -> Sequence[str | None]:
    types = b.employment_monitorings.ESMType.take(_first_monitorings(b, rows))
    return [types.at(row) for row in range(len(rows))]


def _first_code(b: Batch, rows: Rows) -> np.ndarray:
    return take(b.employment_monitorings.ESMCode, _first_monitorings(b, rows))


def _same_monitorings(b: Batch, one: Rows, other: Rows) -> Mask:
    """Tell for each pair of statuses whether they are monitored with the same types and codes."""
    monitorings = b.employment_monitorings
    concerned = b.employments.mask(np.concatenate([one, other]))
    rows = np.flatnonzero(monitorings.of_parent(concerned))
    numbers = numbered(monitorings.ESMType.folded[rows], monitorings.ESMCode[rows])

    def sets(statuses: Rows) -> Rows:
        pair_of = np.full(b.employments.size, -1)
        pair_of[statuses] = np.arange(len(statuses))
        pair = pair_of[monitorings.parent[rows]]
        return np.unique((pair * (len(rows) + 1) + numbers)[pair >= 0])

    unlike = np.setxor1d(sets(one), sets(other), assume_unique=True) // (len(rows) + 1)
    result = np.ones(len(one), bool)
    result[unlike] = False
    return result


@rule(
    Employments,
    "EmpStat",
    "DateEmpStatApp",
    "EmpId",
    ("ESMType", _first_type),
    ("ESMCode", _first_code),
)
def R97(b: Batch) -> Mask:
    """The employment status repeats the one before it."""
    statuses = b.employments
    applied = statuses.DateEmpStatApp
    one, other = neighbours(np.ones(statuses.size, bool), statuses.parent, applied)
    alike = applied[one] != applied[other]
    alike &= statuses.EmpStat[one] == statuses.EmpStat[other]
    alike &= same(statuses.EmpId[one], statuses.EmpId[other])
    one, other = one[alike], other[alike]
    if not len(one):
        return statuses.mask(one)
    return statuses.mask(other[_same_monitorings(b, one, other)])
