"""LearnDelFAMType: which codes exist, how often each type may stand, and types of their own."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_codes import (
    repeated_types,
    typed_codes,
)

KEPT = carried("2020-21", "LearnDelFAMType_04", "LearnDelFAMType_06")
ONLY_ONCE = ("SOF", "FFI", "EEF", "RES", "ADL", "ACL", "AFL", "ASL", "FLN")
FROM_2023 = day(2023, 8, 1)
FROM_2024 = day(2024, 8, 1)


@rule(FAMs, "LearnDelFAMType")
def LearnDelFAMType_18(b: Batch) -> Mask:
    """An aim may have a funding and monitoring code of this type only once."""
    return repeated_types(b, *ONLY_ONCE)


@rule(FAMs, "LearnDelFAMType")
def LearnDelFAMType_46(b: Batch) -> Mask:
    """Family English, maths or language (FLN) is only for adult skills funding."""
    return fams_of(b, "FLN") & ~b.fams.of_parent(one_of(b.aims.FundModel, 35, 38))


@rule(FAMs, "FundModel", "LearnDelFAMType")
def LearnDelFAMType_50(b: Batch) -> Mask:
    """Learning support (LSF) is not for this funding model."""
    return fams_of(b, "LSF") & b.fams.of_parent(one_of(b.aims.FundModel, 10, 25, 82, 99))


@rule(FAMs, "LearnStartDate", "LearnDelFAMType")
def LearnDelFAMType_104(b: Batch) -> Mask:
    """The aim starts before the monitoring code (LDM) became valid."""
    asked = fams_of(b, "LDM") & ~fams_of(b, "LDM", "368", "369")
    if not asked.any():
        return asked
    starts = b.fams.of_parent(b.aims.LearnStartDate)
    listed = b.not_after_list("LearnDelFAMType", b.fams, asked, starts, typed_codes(b))
    return listed & ~b.in_list_at("LearnDelFAMType", b.fams, listed, starts, typed_codes(b))


def _lacks_provision(b: Batch, fund_model: float, start: float) -> Mask:
    funded = (b.aims.FundModel == fund_model) & (b.aims.LearnStartDate >= start)
    return funded & ~has_fam(b, "ACL")


@rule(Aims, "FundModel", ("LearnDelFAMType", "ACL"), ("LearnDelFAMCode", None))
def LearnDelFAMType_119(b: Batch) -> Mask:
    """Community learning from August 2023 needs its kind of provision (ACL)."""
    return _lacks_provision(b, 10, FROM_2023)


@rule(Aims, "FundModel", ("LearnDelFAMType", "ACL"), ("LearnDelFAMCode", None))
def LearnDelFAMType_126(b: Batch) -> Mask:
    """Tailored learning from August 2024 needs its kind of provision (ACL)."""
    return _lacks_provision(b, 11, FROM_2024)


@rule(Aims, "ProgType", ("LearnDelFAMType", "EVI"))
def LearnDelFAMType_132(b: Batch) -> Mask:
    """The event indicator (EVI) is only for skills bootcamps."""
    return has_fam(b, "EVI") & ~(b.aims.ProgType == 32)


@rule(Aims, "AimType", ("LearnDelFAMType", "EVI"))
def LearnDelFAMType_133(b: Batch) -> Mask:
    """The event indicator (EVI) belongs on the programme aim."""
    return has_fam(b, "EVI") & ~(b.aims.AimType == 1)
