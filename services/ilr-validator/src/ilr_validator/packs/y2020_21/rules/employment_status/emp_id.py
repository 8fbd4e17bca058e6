"""EmpId: the employer's number."""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, Employments
from ilr_validator.engine.reference import Employers
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null, one_of, take
from ilr_validator.packs.derived import dd05
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.employment import status_at_start

TEMPORARY: Final = 999_999_999
IN_PAID_EMPLOYMENT: Final = 10
NOT_IN_PAID_EMPLOYMENT: Final = (11, 12)
PROGRAMME_AIM: Final = 1
APPRENTICESHIPS: Final = (2, 3, 20, 21, 22, 23, 25)
DAYS_TO_FIND_OUT: Final = 60


def _is_permanent(b: Batch) -> Mask:
    return is_known(b.employments.EmpId) & (b.employments.EmpId != TEMPORARY)


@rule(Employments, "EmpId")
def EmpId_01(b: Batch) -> Mask:
    """The employer number is not in the register of employers."""
    mask = _is_permanent(b)
    return mask & ~b.exists(Employers, b.employments, mask, b.employments.EmpId)


@rule(Employments, "EmpId")
def EmpId_02(b: Batch) -> Mask:
    """The employer number does not have nine digits with the right check digit."""
    return _is_permanent(b) & ~dd05.has_check_digit(b.employments.EmpId)


@rule(Aims, "LearnStartDate", ("EmpStat", IN_PAID_EMPLOYMENT), ("EmpId", "(missing)"))
def EmpId_10(b: Batch) -> Mask:
    """The employer of an apprentice in paid employment when the programme starts is missing."""
    status = status_at_start(b)
    employed = take(b.employments.EmpStat, status) == IN_PAID_EMPLOYMENT
    without_employer = employed & is_null(take(b.employments.EmpId, status))
    return without_employer & (b.aims.AimType == PROGRAMME_AIM) & is_apprenticeship(b)


@rule(Aims, "LearnStartDate")
def EmpId_13(b: Batch) -> Mask:
    """The employer of an apprentice is still unknown 60 days after the start."""
    unknown = b.employments.any(b.employments.EmpId == TEMPORARY)
    mask = b.aims.of_learner(unknown) & (b.aims.AimType == PROGRAMME_AIM) & is_apprenticeship(b)
    if not mask.any():
        return mask
    days = np.trunc(b.preparation_date - b.aims.LearnStartDate)
    return b.aims.first_of_learner(mask & (days > DAYS_TO_FIND_OUT))


def _status_with_needless_employer(b: Batch) -> Rows:
    """Give for each learner the first status without paid employment that names an employer."""
    statuses = b.employments
    return statuses.first(
        is_known(statuses.EmpId) & one_of(statuses.EmpStat, *NOT_IN_PAID_EMPLOYMENT)
    )


def _needless_status(b: Batch, rows: Rows) -> Numbers:
    return take(b.employments.EmpStat, _status_with_needless_employer(b)[b.aims.learner[rows]])


def _needless_employer(b: Batch, rows: Rows) -> Numbers:
    return take(b.employments.EmpId, _status_with_needless_employer(b)[b.aims.learner[rows]])


@rule(Aims, "ProgType", ("EmpStat", _needless_status), ("EmpId", _needless_employer))
def EmpId_14(b: Batch) -> Mask:
    """An apprentice who is not in paid employment has an employer number."""
    has_needless = _status_with_needless_employer(b) >= 0
    return one_of(b.aims.ProgType, *APPRENTICESHIPS) & b.aims.of_learner(has_needless)
