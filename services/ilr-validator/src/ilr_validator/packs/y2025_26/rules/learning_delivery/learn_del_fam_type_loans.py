"""LearnDelFAMType: advanced learner loans (ADL) and their bursary (ALB)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.contracts import has_relationship
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_loans import (
    is_bursary_rate,
)

KEPT = carried("2020-21", "LearnDelFAMType_35", "LearnDelFAMType_40")
BURSARY_CONTRACT = "ALLBC2526"


@rule(Aims, ("LearnDelFAMType", "ALB"))
def LearnDelFAMType_36(b: Batch) -> Mask:
    """A loans bursary (ALB) needs a learner loan (ADL) on the same aim."""
    return has_fam(b, "ALB") & ~has_fam(b, "ADL")


@rule(Aims, ("LearnDelFAMType", "ALB"))
def LearnDelFAMType_38(b: Batch) -> Mask:
    """A loans bursary (ALB) is only for aims without funding."""
    return has_fam(b, "ALB") & ~(b.aims.FundModel == 99)


@rule(FAMs, "UKPRN", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_53(b: Batch) -> Mask:
    """Bursary rates 1 and 3 (ALB) are not for a provider with this bursary contract."""
    return has_relationship(b, b.fams, is_bursary_rate(b), BURSARY_CONTRACT)
