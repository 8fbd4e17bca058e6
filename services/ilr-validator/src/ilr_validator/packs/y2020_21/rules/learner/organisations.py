"""CampId, PMUKPRN and PrevUKPRN: places and providers that must exist."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, is_known
from ilr_validator.packs.queries import organisations


@rule(Learners, "CampId")
def CampId_01(b: Batch) -> Mask:
    """The campus identifier does not exist."""
    asked = b.learners.CampId.test(bool)
    return asked & ~organisations.campus_exists(b, asked)


@rule(Learners, "CampId", "UKPRN")
def CampId_02(b: Batch) -> Mask:
    """The campus identifier belongs to another provider."""
    asked = b.learners.CampId.test(bool)
    if not asked.any():
        return np.zeros_like(asked)
    return asked & ~organisations.campus_is_of(b, asked, b.ukprn)


def _is_no_partner(b: Batch, ukprns: Numbers) -> Mask:
    asked = is_known(ukprns)
    return asked & ~organisations.is_partner(b, b.learners, asked, ukprns)


@rule(Learners, "PMUKPRN")
def PMUKPRN_01(b: Batch) -> Mask:
    """The provider number from before a merger is not that of a provider."""
    return _is_no_partner(b, b.learners.PMUKPRN)


@rule(Learners, "PrevUKPRN")
def PrevUKPRN_01(b: Batch) -> Mask:
    """The provider number of the year before is not that of a provider."""
    return _is_no_partner(b, b.learners.PrevUKPRN)
