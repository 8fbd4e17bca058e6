"""LearnDelFAMType: the source of funding (SOF)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of, has_fam

KEPT = carried(
    "2020-21",
    "LearnDelFAMType_07",
    "LearnDelFAMType_08",
    "LearnDelFAMType_76",
    "LearnDelFAMType_91",
)


@rule(Aims)
def LearnDelFAMType_01(b: Batch) -> Mask:
    """The aim is funded and names no source of funding (SOF)."""
    funded = one_of(b.aims.FundModel, 10, 11, 25, 35, 36, 37, 38, 81, 82)
    return funded & ~has_fam(b, "SOF")


@rule(Aims, "FundModel", ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "105"))
def LearnDelFAMType_09(b: Batch) -> Mask:
    """The source of funding must be 105 or a combined authority for this funding model."""
    funded = one_of(b.aims.FundModel, 10, 11, 35, 36, 38, 81)
    other = has_fam(b, "SOF") & ~has_fam(b, "SOF", "105")
    return funded & other & ~is_combined_authority(b)


@rule(Aims, ("LearnDelFAMType", "DAM"), ("LearnDelFAMCode", "002"), "FundModel")
def LearnDelFAMType_97(b: Batch) -> Mask:
    """Procured devolved education (DAM 002) is not for adult skills with source 105."""
    adult = (b.aims.FundModel == 35) & has_fam(b, "SOF", "105")
    return adult & has_fam(b, "DAM", "002")


def source_of(b: Batch, rows: Rows) -> Text:
    """Give for aims the first source of funding, for parameters."""
    return b.fams.LearnDelFAMCode.take(b.fams.first(fams_of(b, "SOF"))[rows])


@rule(Aims, ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", source_of), "ProgType")
def LearnDelFAMType_109(b: Batch) -> Mask:
    """A combined authority funds no apprenticeship, traineeship or T level."""
    programmes = one_of(b.aims.ProgType, 2, 3, 20, 21, 22, 23, 24, 25, 30, 31)
    return programmes & is_combined_authority(b)


def _other_sources(b: Batch, code: str) -> Mask:
    return fams_of(b, "SOF") & ~b.fams.LearnDelFAMCode.is_any(code)


@rule(FAMs, "ProgType", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_112(b: Batch) -> Mask:
    """A skills bootcamp needs source of funding 105."""
    return _other_sources(b, "105") & b.fams.of_parent(b.aims.ProgType == 32)


@rule(FAMs, "ProgType", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_118(b: Batch) -> Mask:
    """A T level needs source of funding 107."""
    return _other_sources(b, "107") & b.fams.of_parent(b.aims.ProgType == 31)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", "FundModel")
def LearnDelFamType_134(b: Batch) -> Mask:
    """Sources of funding 121, 122 and 123 are not for this funding model."""
    return fams_of(b, "SOF", "121", "122", "123") & b.fams.of_parent(
        one_of(b.aims.FundModel, 10, 35)
    )
