"""Accom, ALSCost, Ethnicity, NINumber, ProvSpecLearnMonOccur and Sex."""

import re
from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, LearnerMonitorings, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.queries.fams import has_fam, has_learner_fam

NI_NUMBER: Final = re.compile(
    r"^\s*(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]?)?\s*$"  # or nothing but space
)


@rule(Learners, "Accom")
def Accom_01(b: Batch) -> Mask:
    """The accommodation code does not exist."""
    known = is_known(b.learners.Accom)
    return known & ~b.in_list("Accom", b.learners, known, b.learners.Accom)


@rule(Learners, "ALSCost", ("LearnFAMType", "HNS"))
def ALSCost_02(b: Batch) -> Mask:
    """A cost of learning support is only for learners with high needs (HNS)."""
    return is_known(b.learners.ALSCost) & ~has_learner_fam(b, "HNS")


@rule(Learners, "Ethnicity")
def Ethnicity_01(b: Batch) -> Mask:
    """The ethnicity code does not exist."""
    return ~b.in_list("Ethnicity", b.learners, None, b.learners.Ethnicity)


@rule(Learners, "NINumber")
def NINumber_01(b: Batch) -> Mask:
    """The National Insurance number is not written as such numbers are."""
    return b.learners.NINumber.is_known & ~b.learners.NINumber.matches(NI_NUMBER)


@rule(Aims, "NINumber")
def NINumber_02(b: Batch) -> Mask:
    """An apprentice under a contract with the employer needs a National Insurance number."""
    return has_fam(b, "ACT", "1") & b.aims.of_learner(b.learners.NINumber.is_blank)


@rule(LearnerMonitorings, "ProvSpecLearnMonOccur")
def ProvSpecLearnMonOccur_01(b: Batch) -> Mask:
    """The occurrence of the provider's own learner monitoring is not A or B."""
    occurrences = b.learner_monitorings.ProvSpecLearnMonOccur
    return ~occurrences.is_blank & ~occurrences.is_any("A", "B")


@rule(Learners, "Sex")
def Sex_01(b: Batch) -> Mask:
    """The code for the learner's sex does not exist."""
    return ~b.in_list("Sex", b.learners, None, b.learners.Sex, as_written=True)
