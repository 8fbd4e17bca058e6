"""LearnDelFAMType: the provision type of community learning (ASL) is no type any more."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import fams_of
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_codes import (
    repeated_types,
    typed_codes,
)

ONLY_ONCE = ("SOF", "FFI", "EEF", "RES", "ADL", "ACL", "AFL", "FLN")


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", reports_aim=False)
def LearnDelFAMType_04(b: Batch) -> Mask:
    """There is no such code for this funding and monitoring type."""
    rest = ~fams_of(b, "ASL")
    return ~b.in_list("LearnDelFAMType", b.fams, rest, typed_codes(b))


@rule(FAMs, "LearnDelFAMType")
def LearnDelFAMType_18(b: Batch) -> Mask:
    """An aim may have a funding and monitoring code of this type only once."""
    return repeated_types(b, *ONLY_ONCE)
