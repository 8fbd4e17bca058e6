"""LearnDelFAMType: which codes exist, how often each type may stand, and types of their own."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.code_lists import keys_of
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries.fams import fam_count, fams_of, has_fam

FROM_2015 = day(2015, 8, 1)
ONLY_ONCE = ("SOF", "FFI", "EEF", "RES", "ADL", "ASL", "SPP", "FLN")


@rule(Aims, "FundModel", ("LearnDelFAMType", "ASL"), ("LearnDelFAMCode", "1"))
def LearnDelFAMType_03(b: Batch) -> Mask:
    """A community learning aim needs its kind of provision (ASL)."""
    has_any = b.fams.any(np.ones(b.fams.size, bool))
    missing = ~has_fam(b, "ASL") & ~has_fam(b, "LDM", "340")
    return (b.aims.FundModel == 10) & has_any & missing


@derived
def typed_codes(b: Batch) -> Text:
    """Give each FAM's type and code in one, as the code list has them."""
    return keys_of(b.fams.LearnDelFAMType, b.fams.LearnDelFAMCode)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", reports_aim=False)
def LearnDelFAMType_04(b: Batch) -> Mask:
    """There is no such code for this funding and monitoring type."""
    return ~b.in_list("LearnDelFAMType", b.fams, None, typed_codes(b))


@rule(FAMs, "LearnStartDate", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_06(b: Batch) -> Mask:
    """The funding and monitoring code was no longer valid when the aim started."""
    asked = b.fams.of_parent(~has_fam(b, "RES"))
    starts = b.fams.of_parent(b.aims.LearnStartDate)
    return asked & ~b.not_after_list("LearnDelFAMType", b.fams, asked, starts, typed_codes(b))


def repeated_types(b: Batch, *types: str) -> Mask:
    """Mark of each aim the first FAM of each type, spelled so, that stands there more than once.

    To be counted, letter case does not matter.
    """
    fams = b.fams
    rows = np.flatnonzero(fams.LearnDelFAMType.is_any(*types))
    if not len(rows):
        return np.zeros(fams.size, bool)
    folded = fams.LearnDelFAMType.folded[rows]
    pairs = fams.parent[rows] * (int(folded.max()) + 1) + folded
    rows = rows[np.bincount(pairs)[pairs] > 1]
    if not len(rows):
        return np.zeros(fams.size, bool)
    repeated = fams.mask(rows)
    result = np.zeros(fams.size, bool)
    for fam_type in types:
        result |= fams.first_of_parent(repeated & fams.LearnDelFAMType.is_exactly(fam_type))
    return result


@rule(FAMs, "LearnDelFAMType")
def LearnDelFAMType_18(b: Batch) -> Mask:
    """An aim may have a funding and monitoring code of this type only once."""
    return repeated_types(b, *ONLY_ONCE)


@rule(FAMs, "FundModel", "LearnDelFAMType")
def LearnDelFAMType_27(b: Batch) -> Mask:
    """The kind of community learning (ASL) is not for this funding model."""
    funded = one_of(b.aims.FundModel, 25, 35, 36, 70, 81, 82)
    return b.fams.LearnDelFAMType.is_exactly("ASL") & b.fams.of_parent(funded)


@rule(
    Aims,
    "AimType",
    "LearnStartDate",
    "FundModel",
    "ProgType",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", "034"),
)
def LearnDelFAMType_44(b: Batch) -> Mask:
    """The aim needs a code for the household situation (HHS)."""
    aims = b.aims
    funded = one_of(aims.FundModel, 35, 70, 81) & (aims.LearnStartDate >= FROM_2015)
    others = ~one_of(aims.AimType, 3, 5) & ~(aims.ProgType == 25)
    return funded & others & ~has_fam(b, "HHS") & ~has_fam(b, "LDM", "034")


@rule(Aims, ("LearnDelFAMType", "HHS"))
def LearnDelFAMType_45(b: Batch) -> Mask:
    """An aim has more than two codes for the household situation (HHS)."""
    return fam_count(b, "HHS") > 2


@rule(FAMs, "LearnDelFAMType")
def LearnDelFAMType_46(b: Batch) -> Mask:
    """Family English, maths or language (FLN) is only for adult skills funding."""
    return fams_of(b, "FLN") & b.fams.of_parent(b.aims.FundModel != 35)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_48(b: Batch) -> Mask:
    """Of two codes for the household situation (HHS) each must be 1 or 3."""
    other = b.fams.LearnDelFAMType.is_exactly("HHS") & ~b.fams.LearnDelFAMCode.is_exactly("1", "3")
    return other & b.fams.of_parent(fam_count(b, "HHS") == 2)


@rule(FAMs, "FundModel", "LearnDelFAMType")
def LearnDelFAMType_50(b: Batch) -> Mask:
    """Learning support (LSF) is not for this funding model."""
    return fams_of(b, "LSF") & b.fams.of_parent(one_of(b.aims.FundModel, 10, 25, 70, 82, 99))
