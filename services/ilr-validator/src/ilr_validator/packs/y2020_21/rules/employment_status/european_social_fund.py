"""EmpStat and ESMType of learners on European Social Fund contracts."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.reference import ContractEmploymentStatuses
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, is_known, take
from ilr_validator.packs.derived import dd22, dd25, dd26
from ilr_validator.packs.queries import contracts
from ilr_validator.packs.queries.employment import (
    none_of_learner_before,
    status_at_start,
    status_code_at_start,
    status_on,
)

SOCIAL_FUND: Final = 70
NOT_KNOWN: Final = 98
ASSESSMENT_AIM: Final = "ZESF0001"
COMPLETED: Final = 2


def _latest_start(b: Batch, rows: Rows) -> Dates:
    return dd22.latest_esf_start(b)[rows]


@rule(Aims, ("EmpStat", NOT_KNOWN), ("FundModel", SOCIAL_FUND), ("LearnStartDate", _latest_start))
def EmpStat_04(b: Batch) -> Mask:
    """The employment status when the learner joined the contract is not known."""
    mask = b.aims.FundModel == SOCIAL_FUND
    if not mask.any():
        return mask
    status = status_on(b, dd22.latest_esf_start(b))
    mask &= take(b.employments.EmpStat, status) == NOT_KNOWN
    return mask


def _latest_start_of_learner(b: Batch) -> Dates:
    return b.aims.max(dd22.latest_esf_start(b))


def _reported_start(b: Batch, rows: Rows) -> Dates:
    return _latest_start_of_learner(b)[rows]


@rule(Learners, ("DateEmpStatApp", _reported_start), ("LearnAimRef", ASSESSMENT_AIM))
def EmpStat_10(b: Batch) -> Mask:
    """There is no employment status from before the learner joined the contract."""
    if not b.aims.LearnAimRef.is_exactly(ASSESSMENT_AIM).any():
        return np.zeros(b.learners.size, bool)
    starts = _latest_start_of_learner(b)
    return is_known(starts) & none_of_learner_before(b, starts)


def _status_at_start(b: Batch, rows: Rows) -> Numbers:
    return status_code_at_start(b)[rows]


@rule(Aims, ("EmpStat", _status_at_start), "ConRefNumber", "LearnStartDate")
def EmpStat_14(b: Batch) -> Mask:
    """The contract does not admit learners with this employment status."""
    mask = (b.aims.FundModel == SOCIAL_FUND) & (b.aims.CompStatus == COMPLETED)
    mask &= b.aims.LearnAimRef.is_exactly(ASSESSMENT_AIM)
    if not mask.any():
        return mask
    mask = b.aims.mask(b.aims.row_of_max(b.aims.LearnStartDate, mask)) & (status_at_start(b) >= 0)
    statuses = status_code_at_start(b)
    rows, others, admitted = b.lookup(ContractEmploymentStatuses, b.aims, mask, b.aims.ConRefNumber)
    is_admitted = b.aims.mask(rows[admitted.Code[others] == statuses[rows]])
    return b.aims.mask(rows) & ~is_admitted


@rule(Aims, "ConRefNumber", reports_aim=False)
def ESMType_13(b: Batch) -> Mask:
    """The length of unemployment is outside what the contract admits."""
    mask = b.aims.FundModel == SOCIAL_FUND
    if not mask.any():
        return mask
    lengths = dd25.length_of_unemployment(b)
    mask &= is_known(lengths)
    rows, admitted = contracts.eligibility(b, mask)
    too_short = lengths < take(admitted.MinLengthOfUnemployment, rows)
    too_long = lengths > take(admitted.MaxLengthOfUnemployment, rows)
    return mask & (too_short | too_long)


@rule(Aims, "ConRefNumber", reports_aim=False)
def ESMType_14(b: Batch) -> Mask:
    """Whether the learner has benefits differs from what the contract admits."""
    mask = b.aims.FundModel == SOCIAL_FUND
    if not mask.any():
        return mask
    rows, admitted = contracts.eligibility(b, mask)
    wanted = take(admitted.Benefits, rows)
    has_benefits = np.where(dd26.on_benefits_at_esf_start(b), 1.0, 0.0)
    mask &= is_known(wanted) & (wanted != has_benefits)
    return mask
