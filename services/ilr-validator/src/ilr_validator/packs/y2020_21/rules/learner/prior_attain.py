"""PriorAttain: what the learner had reached before, a single code to 2020-21."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, is_known, is_null, one_of
from ilr_validator.packs.queries import contracts
from ilr_validator.packs.queries.fams import has_fam

FROM_2016 = day(2016, 8, 1)
FROM_2020 = day(2020, 8, 1)

RANK_IN_CONTRACTS: Final[Mapping[str, int]] = {
    "99": 1, "9": 2, "7": 3, "1": 4, "2": 5, "3": 6, "H": 7,
}  # fmt: skip
"""How high each level stands that a contract asks for."""
RANK_OF_LEARNERS: Final[Mapping[float, int]] = {
    98: 0, 97: 0, 99: 1, 9: 2, 7: 3, 1: 4, 2: 5, 3: 6, 4: 7, 5: 8, 10: 9, 11: 10, 12: 11, 13: 12,
}  # fmt: skip
"""How high each level stands that a learner may have reached."""


@rule(Aims)
def PriorAttain_01(b: Batch) -> Mask:
    """The prior attainment is missing."""
    community = (b.aims.FundModel == 99) & has_fam(b, "SOF", "108")
    aims = ~one_of(b.aims.FundModel, 10, 25, 82) & ~community
    return b.aims.first_of_learner(aims & b.aims.of_learner(is_null(b.learners.PriorAttain)))


@rule(Learners, "PriorAttain")
def PriorAttain_03(b: Batch) -> Mask:
    """The code of the prior attainment does not exist."""
    known = is_known(b.learners.PriorAttain)
    return known & ~b.in_list("PriorAttain", b.learners, known, b.learners.PriorAttain)


@rule(Aims)
def PriorAttain_04(b: Batch) -> Mask:
    """A learner with level 4 or above cannot be funded for this apprenticeship."""
    high = b.aims.of_learner(one_of(b.learners.PriorAttain, 4, 5, 10, 11, 12, 13))
    return high & (b.aims.FundModel == 35) & one_of(b.aims.ProgType, 2, 3)


@rule(Aims)
def PriorAttain_06(b: Batch) -> Mask:
    """The prior attainment is outside what the European Social Fund contract admits."""
    funded = b.aims.FundModel == 70
    if not funded.any():
        return funded
    rows, terms = contracts.eligibility(b, funded)
    ranks = _of_learners(b.aims.of_learner(b.learners.PriorAttain))
    least = _in_contracts(terms.MinPriorAttainment.take(rows))
    most = _in_contracts(terms.MaxPriorAttainment.take(rows))
    return funded & ((ranks < least) | (ranks > most))


def _in_contracts(levels: Text) -> Numbers:
    ranks = [np.nan if level is None else RANK_IN_CONTRACTS.get(level) for level in levels.values]
    return np.array(ranks, np.float64)[levels.codes]


def _of_learners(levels: Numbers) -> Numbers:
    ranks = np.full(len(levels), np.nan)
    for level, rank in RANK_OF_LEARNERS.items():
        ranks[levels == level] = rank
    return ranks


def _is_beyond_traineeship(b: Batch, *levels: int) -> Mask:
    trainees = (b.aims.FundModel == 35) & (b.aims.ProgType == 24)
    return trainees & b.aims.of_learner(one_of(b.learners.PriorAttain, *levels))


@rule(Aims, "LearnStartDate", "FundModel", "PriorAttain", "ProgType")
def PriorAttain_07(b: Batch) -> Mask:
    """A learner with level 3 or above had reached too much for the traineeship."""
    starts = b.aims.LearnStartDate
    aims = _is_beyond_traineeship(b, 3, 4, 5, 10, 11, 12, 13, 97, 98)
    return aims & (starts >= FROM_2016) & (starts <= FROM_2020 - 1)


@rule(Aims, "LearnStartDate", "FundModel", "PriorAttain", "ProgType")
def PriorAttain_08(b: Batch) -> Mask:
    """A learner with level 4 or above has reached too much for the traineeship."""
    aims = _is_beyond_traineeship(b, 4, 5, 10, 11, 12, 13, 97, 98)
    return aims & (b.aims.LearnStartDate >= FROM_2020)
