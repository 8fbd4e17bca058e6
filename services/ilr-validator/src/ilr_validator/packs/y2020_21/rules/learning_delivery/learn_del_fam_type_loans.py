"""LearnDelFAMType: advanced learner loans (ADL, LDM 359) and their bursary (ALB)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.contracts import has_relationship
from ilr_validator.packs.queries.fams import fams_of, has_fam

CAREER_LEARNING_PILOT = "359"
BURSARY_CONTRACT = "ALLBC2021"


@rule(Aims, "FundModel")
def LearnDelFAMType_35(b: Batch) -> Mask:
    """A learner loan (ADL) is only for aims without funding."""
    return (b.aims.FundModel != 99) & has_fam(b, "ADL")


@rule(Aims, ("LearnDelFAMType", "ALB"))
def LearnDelFAMType_36(b: Batch) -> Mask:
    """A loans bursary (ALB) needs a learner loan (ADL) on the same aim."""
    without_loan = has_fam(b, "ALB") & ~has_fam(b, "ADL")
    return without_loan & ~has_fam(b, "LDM", CAREER_LEARNING_PILOT)


@rule(Aims, ("LearnDelFAMType", "ALB"))
def LearnDelFAMType_38(b: Batch) -> Mask:
    """A loans bursary (ALB) is only for aims without funding."""
    funded = (b.aims.FundModel != 99) & has_fam(b, "ALB")
    return funded & ~has_fam(b, "LDM", CAREER_LEARNING_PILOT)


@rule(FAMs, "FundModel", "LearnDelFAMType")
def LearnDelFAMType_40(b: Batch) -> Mask:
    """An apprenticeship must not be financed by a learner loan (ADL)."""
    return fams_of(b, "ADL") & b.fams.of_parent((b.aims.FundModel == 99) & is_apprenticeship(b))


def is_bursary_rate(b: Batch) -> Mask:
    """Tell for each FAM whether it is the bursary at rate 1 or 3, in just this spelling."""
    return b.fams.LearnDelFAMType.is_exactly("ALB") & b.fams.LearnDelFAMCode.is_exactly("1", "3")


@rule(FAMs, "UKPRN", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_53(b: Batch) -> Mask:
    """Bursary rates 1 and 3 (ALB) are not for a provider with this bursary contract."""
    return has_relationship(b, b.fams, is_bursary_rate(b), BURSARY_CONTRACT)


def _code(b: Batch, rows: Rows) -> Text:
    return b.fams.LearnDelFAMCode.take(rows)


@rule(FAMs, "LearnDelFAMType", ("LearnDelFAMType", _code), "FundModel")
def LearnDelFAMType_72(b: Batch) -> Mask:
    """The career learning pilot (LDM 359) needs a learner loan (ADL 1)."""
    without_loan = (b.aims.FundModel == 99) & ~has_fam(b, "ADL", "1")
    return fams_of(b, "LDM", CAREER_LEARNING_PILOT) & b.fams.of_parent(without_loan)


@rule(Aims, "FundModel", ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", CAREER_LEARNING_PILOT))
def LearnDelFAMType_73(b: Batch) -> Mask:
    """The career learning pilot (LDM 359) is not for this funding model."""
    return ~one_of(b.aims.FundModel, 81, 99) & has_fam(b, "LDM", CAREER_LEARNING_PILOT)
