"""DD39: the same aim in the year before (`DerivedData_39Rule`)."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import PriorYearLearners
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.queries import pairs


def previous_year_aim(b: Batch, where: Mask) -> tuple[Rows, PriorYearLearners]:
    """Give for each aim of `where` its row of the year before, or NO_ROW, and the table.

    Found by the learner's reference number, then by the previous one; learner, provider and aim
    must agree, and the programme as far as this year's aim has one.
    """
    aims, learners = b.aims, b.learners
    reference = aims.of_learner(learners.LearnRefNumber)
    previous = aims.of_learner(learners.PrevLearnRefNumber)
    rows, others, table = b.lookup(PriorYearLearners, aims, where, reference)
    own = _first_like(b, rows, others, table)
    rows, others, _ = b.lookup(PriorYearLearners, aims, where & (own < 0), previous)
    return np.where(own < 0, _first_like(b, rows, others, table), own), table


def _first_like(b: Batch, rows: Rows, others: Rows, table: PriorYearLearners) -> Rows:
    aims, learners, learner = b.aims, b.learners, b.aims.learner[rows]
    alike = (
        (learners.ULN[learner] == table.ULN[others])
        & aims.LearnAimRef.take(rows).equals(table.LearnAimRef.take(others), ignore_case=True)
        & (aims.LearnStartDate[rows] == table.LearnStartDate[others])
        & (aims.FundModel[rows] == table.FundModel[others])
    )
    for now, then in (
        (aims.ProgType, table.ProgType),
        (aims.FworkCode, table.FworkCode),
        (aims.PwayCode, table.PwayCode),
        (aims.StdCode, table.StdCode),
    ):
        alike &= np.isnan(now[rows]) | (now[rows] == then[others])
    if alike.any():
        alike &= _is_same_provider(b, learner, others, table)
    return pairs.first(aims.size, rows[alike], others[alike])


def _is_same_provider(b: Batch, learner: Rows, others: Rows, table: PriorYearLearners) -> Mask:
    """Tell whether any provider of the learner now was any of the providers then; none counts 0."""
    learners = b.learners
    now = [
        np.full(len(learner), b.ukprn),
        np.nan_to_num(learners.PrevUKPRN[learner]),
        np.nan_to_num(learners.PMUKPRN[learner]),
    ]
    then = [table.UKPRN[others], table.PrevUKPRN[others], table.PMUKPRN[others]]
    result = np.zeros(len(learner), bool)
    for one in now:
        for other in then:
            result |= one == other
    return result
