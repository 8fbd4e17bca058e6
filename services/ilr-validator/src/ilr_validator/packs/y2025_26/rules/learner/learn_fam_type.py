"""LearnFAMType: which learner FAMs exist, how often, and beside which others."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import LearnerFAMs, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import has_learner_fam
from ilr_validator.packs.y2020_21.rules.learner.learn_fam_type import more_than

KEPT = carried(
    "2020-21",
    "LearnFAMType_01",
    "LearnFAMType_03",
    "LearnFAMType_10",
    "LearnFAMType_11",
    "LearnFAMType_14",
)


@rule(LearnerFAMs, "LearnFAMType")
def LearnFAMType_09(b: Batch) -> Rows:
    """A learner FAM of this type stands more than once."""
    types = b.learner_fams.LearnFAMType
    single = ("HNS", "EHC", "DLA", "SEN", "MCF", "ECF", "FME", "MMH", "EMH")
    rows = more_than(b, 1, types.is_any(*single))
    return rows[types.take(rows).is_exactly(*single)]


@rule(Learners, ("LearnFAMType", "MCF"), ("LearnFAMCode", 1))
def LearnFAMType_15(b: Batch) -> Mask:
    """Exemption from maths GCSE (MCF 1) calls for an EHC plan (EHC)."""
    return has_learner_fam(b, "MCF", 1) & ~has_learner_fam(b, "EHC")


@rule(Learners, ("LearnFAMType", "ECF"), ("LearnFAMCode", "1"))
def LearnFAMType_16(b: Batch) -> Mask:
    """Exemption from English GCSE (ECF 1) calls for an EHC plan (EHC)."""
    return has_learner_fam(b, "ECF", 1) & ~has_learner_fam(b, "EHC")


@rule(Learners, ("LearnFAMType", "NLM"), ("LearnFAMCode", 22))
def LearnFAMType_17(b: Batch) -> Mask:
    """The learner FAMs NLM 21 and NLM 22 exclude each other."""
    return has_learner_fam(b, "NLM", 21) & has_learner_fam(b, "NLM", 22)
