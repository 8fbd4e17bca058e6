"""Which aims and learners carry which funding and monitoring codes.

Official names: `LearningDeliveryFAMQueryService`, `LearnerFAMQueryService`, `LearnerQueryService`.
"""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates, Mask, Numbers, is_known, one_of


@derived
def fams_of(b: Batch, fam_type: str, *codes: str) -> Mask:
    """Tell for each delivery FAM whether it is of this type, and of one of the codes if given."""
    mask = b.fams.LearnDelFAMType.is_any(fam_type)
    return mask & b.fams.LearnDelFAMCode.is_any(*codes) if codes else mask


@derived
def has_fam(b: Batch, fam_type: str, *codes: str) -> Mask:
    """Tell for each aim whether it has a FAM of this type, and of one of the codes if given."""
    return b.fams.any(fams_of(b, fam_type, *codes))


@derived
def fam_count(b: Batch, fam_type: str) -> Numbers:
    """Count for each aim its FAMs of this type (`GetLearningDeliveryFAMsCountByFAMType`)."""
    return b.fams.count(fams_of(b, fam_type))


def has_fam_from(b: Batch, fam_type: str, dates: Dates) -> Mask:
    """Tell for each aim whether a FAM of this type starts on the aim's date.

    `HasLearningDeliveryFAMTypeForDate`; `dates` holds one for each aim.
    """
    starts = b.fams.LearnDelFAMDateFrom == b.fams.of_parent(dates)
    return b.fams.any(fams_of(b, fam_type) & starts)


@derived
def overlapping_fams(b: Batch, fam_type: str) -> Mask:
    """Tell for each FAM of this type whether the one before it, by start, has not ended by then.

    `GetOverLappingLearningDeliveryFAMsForType`: FAMs without a start come last, and an aim counts
    only where at least one of its FAMs has a start.
    """
    fams = b.fams
    of_type = fams_of(b, fam_type)
    if not of_type.any():
        return of_type
    rows = np.flatnonzero(
        of_type & fams.of_parent(fams.any(of_type & is_known(fams.LearnDelFAMDateFrom)))
    )
    rows = rows[np.lexsort((fams.LearnDelFAMDateFrom[rows], fams.parent[rows]))]  # NaN is last
    one, two = rows[:-1], rows[1:]
    end = fams.LearnDelFAMDateTo[one]
    overlap = (fams.parent[one] == fams.parent[two]) & (
        np.isnan(end) | (end >= fams.LearnDelFAMDateFrom[two])
    )
    return fams.mask(two[overlap])


@derived
def has_learner_fam(b: Batch, fam_type: str, *codes: float) -> Mask:
    """Tell for each learner whether it has a learner FAM of this type, and code if given."""
    return b.learner_fams.any(learner_fams_of(b, fam_type, *codes))


@derived
def learner_fams_of(b: Batch, fam_type: str, *codes: float) -> Mask:
    """Tell for each learner FAM whether it is of this type, and of one of the codes if given."""
    mask = b.learner_fams.LearnFAMType.is_any(fam_type)
    return mask & one_of(b.learner_fams.LearnFAMCode, *codes) if codes else mask


@derived
def learner_fam_count(b: Batch, fam_type: str) -> Numbers:
    """Count for each learner its learner FAMs of this type (`GetLearnerFAMsCountByFAMType`)."""
    return b.learner_fams.count(learner_fams_of(b, fam_type))


@derived
def learner_has_aim_fam(b: Batch, fam_type: str, code: str) -> Mask:
    """Tell for each learner whether any aim has this FAM, letter case included.

    `LearnerQueryService.HasLearningDeliveryFAMCodeForType`.
    """
    fams = b.fams
    mask = fams.LearnDelFAMType.is_exactly(fam_type) & fams.LearnDelFAMCode.is_exactly(code)
    return b.aims.any(fams.any(mask))
