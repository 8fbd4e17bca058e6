"""Which aims carry which funding and monitoring codes (`LearningDeliveryFAMQueryService`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of


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
def has_learner_fam(b: Batch, fam_type: str, *codes: float) -> Mask:
    """Tell for each learner whether it has a learner FAM of this type, and code if given."""
    mask = b.learner_fams.LearnFAMType.is_any(fam_type)
    if codes:
        mask = mask & one_of(b.learner_fams.LearnFAMCode, *codes)
    return b.learner_fams.any(mask)
