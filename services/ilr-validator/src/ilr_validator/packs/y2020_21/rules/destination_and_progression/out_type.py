"""OutType: the kind of an outcome, its code, and which of them exclude each other."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Outcomes
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.queries.groups import numbered

ONCE_A_DATE: Final = ("EMP", "GAP", "NPE", "OTH", "SDE", "VOL")
TWICE_A_DATE: Final = ("EDU",)


@rule(Outcomes, "OutType", "OutCode")
def OutType_01(b: Batch) -> Mask:
    """The type and code of the outcome are not a known pair."""
    outcomes = b.outcomes
    given = outcomes.OutType.is_known
    return given & ~b.in_list("OutType", outcomes, given, outcomes.OutType, outcomes.OutCode)


def _repeated(b: Batch, types: tuple[str, ...], most: int) -> Rows:
    """Give the outcomes of these types of which a person has more than `most` from one date."""
    outcomes = b.outcomes
    mask = outcomes.OutType.is_any(*types)
    rows = np.flatnonzero(mask & outcomes.of_parent(outcomes.count(mask) > most))
    if not len(rows):
        return rows
    people, dates = outcomes.parent[rows], outcomes.OutStartDate[rows]
    groups = numbered(people, dates, outcomes.OutType.codes[rows])
    return rows[np.bincount(groups)[groups] > most]


def _first_of_date(b: Batch, rows: Rows) -> Rows:
    """Keep of these outcomes the first of each person and date."""
    groups = numbered(b.outcomes.parent[rows], b.outcomes.OutStartDate[rows])
    _, firsts = np.unique(groups, return_index=True)
    return rows[firsts]


def _types_from_that_date(b: Batch, rows: Rows, repeated: Rows) -> list[str]:
    """Write for each of `rows` the types that are repeated for this person from this date."""
    outcomes = b.outcomes
    dates = outcomes.OutStartDate
    return [
        ", ".join(
            dict.fromkeys(
                outcomes.OutType.at(other) or ""
                for other in repeated
                if outcomes.parent[other] == outcomes.parent[row] and dates[other] == dates[row]
            )
        )
        for row in rows
    ]


def _types_twice(b: Batch, rows: Rows) -> list[str]:
    return _types_from_that_date(b, rows, _repeated(b, ONCE_A_DATE, 1))


def _types_thrice(b: Batch, rows: Rows) -> list[str]:
    return _types_from_that_date(b, rows, _repeated(b, TWICE_A_DATE, 2))


@rule(Outcomes, "OutStartDate", ("OutType", _types_twice))
def OutType_02(b: Batch) -> Rows:
    """More than one outcome of the same type starts on one date."""
    return _first_of_date(b, _repeated(b, ONCE_A_DATE, 1))


@rule(Outcomes, "OutStartDate", ("OutType", _types_thrice))
def OutType_03(b: Batch) -> Rows:
    """More than two education outcomes start on one date."""
    return _first_of_date(b, _repeated(b, TWICE_A_DATE, 2))


@rule(Outcomes, "OutStartDate", ("OutType", "EMP, NPE"))
def OutType_04(b: Batch) -> Mask:
    """An outcome in paid employment and one not in paid employment start on one date."""
    outcomes = b.outcomes
    paid, unpaid = outcomes.siblings(
        outcomes.OutType.is_exactly("EMP"), outcomes.OutType.is_exactly("NPE")
    )
    clash = outcomes.OutStartDate[paid] == outcomes.OutStartDate[unpaid]
    both = np.concatenate([paid[clash], unpaid[clash]])
    return outcomes.first_of_parent(outcomes.mask(both))


@rule(Outcomes, "OutStartDate")
def OutType_05(b: Batch) -> Mask:
    """The code of the outcome was not valid when the outcome started."""
    outcomes = b.outcomes
    given = outcomes.OutType.is_any(*ONCE_A_DATE, *TWICE_A_DATE)
    return given & ~b.in_list_at(
        "OutType", outcomes, given, outcomes.OutStartDate, outcomes.OutType, outcomes.OutCode
    )
