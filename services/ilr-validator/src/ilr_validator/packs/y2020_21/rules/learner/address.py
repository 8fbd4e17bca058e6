"""AddLine1, Postcode and PostcodePrior."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries import postcodes
from ilr_validator.packs.y2020_21.rules.learner.community_learning import has_one_sort_alone

UNKNOWN_POSTCODE = "ZZ99 9ZZ"
FEW_HOURS = 10


@rule(Learners, "AddLine1")
def Addline1_03(b: Batch) -> Mask:
    """The first line of the address is missing."""
    short = has_one_sort_alone(b) & (b.learners.PlanLearnHours <= FEW_HOURS)
    return b.learners.AddLine1.is_blank & ~short


def _is_unknown(b: Batch, column: Text) -> Mask:
    asked = ~column.is_blank & ~column.is_exactly(UNKNOWN_POSTCODE)
    return asked & ~postcodes.exists(b, b.learners, asked, column)


def _is_malformed(column: Text) -> Mask:
    return ~column.is_blank & ~postcodes.is_well_formed(column)


@rule(Learners, "Postcode")
def Postcode_14(b: Batch) -> Mask:
    """The postcode is on no list of postcodes."""
    return _is_unknown(b, b.learners.Postcode)


@rule(Learners, "Postcode")
def Postcode_15(b: Batch) -> Mask:
    """The postcode is not written as postcodes are."""
    return _is_malformed(b.learners.Postcode)


@rule(Learners, "PostcodePrior")
def PostcodePrior_01(b: Batch) -> Mask:
    """The postcode before enrolment is on no list of postcodes."""
    return _is_unknown(b, b.learners.PostcodePrior)


@rule(Learners, "PostcodePrior")
def PostcodePrior_02(b: Batch) -> Mask:
    """The postcode before enrolment is not written as postcodes are."""
    return _is_malformed(b.learners.PostcodePrior)
