"""Aims of the European Social Fund (ESF): its start and assessment aim, once for each contract."""

from collections.abc import Sequence

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.queries.groups import first_repeated

SOCIAL_FUND = 70
COMPLETED = 2
ASSESSMENT = "ZESF0001"


@rule(
    Learners, ("FundModel", SOCIAL_FUND), ("LearnAimRef", ASSESSMENT), ("CompStatus", COMPLETED)
)  # fmt: skip
def R91(b: Batch) -> Mask:
    """The learner has aims of the European Social Fund and no completed assessment aim."""
    funded = b.aims.FundModel == SOCIAL_FUND
    if not funded.any():
        return b.aims.any(funded)
    assessed = b.aims.LearnAimRef.is_any(ASSESSMENT) & (b.aims.CompStatus == COMPLETED)
    return b.aims.any(funded) & ~b.aims.any(funded & assessed)


@derived
def _repeated_contracts(b: Batch) -> dict[int, str]:
    """Give for each learner the contracts of more than one assessment aim, separated by commas."""
    assessments = b.aims.LearnAimRef.is_any(ASSESSMENT)
    rows = first_repeated(assessments, b.aims.parent, b.aims.ConRefNumber.folded)
    contracts: dict[int, list[str]] = {}
    for row in rows:
        contracts.setdefault(int(b.aims.parent[row]), []).append(b.aims.ConRefNumber.at(row) or "")
    return {learner: ", ".join(names) for learner, names in contracts.items()}


def _contracts(b: Batch, rows: Rows) -> Sequence[str]:
    return [_repeated_contracts(b)[int(row)] for row in rows]


@rule(Learners, ("LearnAimRef", ASSESSMENT), ("ConRefNumber", _contracts))
def R92(b: Batch) -> Rows:
    """The learner has more than one assessment aim for a contract of the European Social Fund."""
    found = _repeated_contracts(b).items()
    return np.array([learner for learner, names in found if names.strip()], np.intp)
