"""LearnDelFAMType: the source of funding (SOF)."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, one_of
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import fams_of, has_fam

COMBINED_AUTHORITY_AIM = 41  # category in LARS


@rule(Aims)
def LearnDelFAMType_01(b: Batch) -> Mask:
    """The aim is funded and names no source of funding (SOF)."""
    return one_of(b.aims.FundModel, 10, 25, 35, 36, 70, 81, 82) & ~has_fam(b, "SOF")


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_07(b: Batch) -> Mask:
    """An aim of 16 to 19 funding needs source of funding 105 or 107."""
    sources = b.fams.LearnDelFAMType.is_exactly("SOF")
    has_code = b.fams.any(b.fams.LearnDelFAMCode.is_exactly("105", "107"))
    return sources & b.fams.of_parent(one_of(b.aims.FundModel, 25, 82) & ~has_code)


@rule(Aims, "FundModel", ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "105,107"))
def LearnDelFAMType_08(b: Batch) -> Mask:
    """An aim without funding must not have source of funding 105 or 107."""
    return (b.aims.FundModel == 99) & has_fam(b, "SOF", "105", "107")


@rule(Aims, "FundModel", ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "105"))
def LearnDelFAMType_09(b: Batch) -> Mask:
    """The source of funding must be 105 or a combined authority for this funding model."""
    funded = one_of(b.aims.FundModel, 10, 35, 36, 70, 81)
    other = has_fam(b, "SOF") & ~has_fam(b, "SOF", "105")
    return funded & other & ~is_combined_authority(b)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_76(b: Batch) -> Mask:
    """Learning in custody (LDM 034) needs source of funding 105."""
    other = fams_of(b, "SOF") & ~b.fams.LearnDelFAMCode.is_any("105")
    return other & b.fams.of_parent(has_fam(b, "LDM", "034"))


def _source_of_repeated(b: Batch, rows: Rows) -> Text:
    """Give an aim that stands several times in `rows` one source of funding after the other."""
    repeats = np.arange(len(rows)) - np.searchsorted(rows, rows)
    sources = np.flatnonzero(fams_of(b, "SOF"))
    parents = b.fams.parent[sources]
    places = np.searchsorted(parents, rows) + repeats
    held = places < np.searchsorted(parents, rows, "right")
    found = np.full(len(rows), -1, np.intp)
    found[held] = sources[places[held]]
    return b.fams.LearnDelFAMCode.take(found)


@rule(
    Aims,
    "LearnStartDate",
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", _source_of_repeated),
    ("LarsCategoryRef", COMBINED_AUTHORITY_AIM),
)
def LearnDelFAMType_82(b: Batch) -> Rows:
    """The aim is for combined authorities, and its source of funding is none."""
    starts = (b.aims.FundModel == 35) & (b.aims.LearnStartDate >= b.year.start)
    mask = starts & ~is_combined_authority(b)
    rows = np.flatnonzero(lars.has_category(b, mask, COMBINED_AUTHORITY_AIM))
    times = np.maximum(b.fams.count(fams_of(b, "SOF"))[rows], 1)
    return np.repeat(rows, times.astype(np.intp))


@rule(FAMs, "ProgType", ("LearnDelFAMType", "SOF"), "LearnDelFAMCode")
def LearnDelFAMType_90(b: Batch) -> Mask:
    """A traineeship needs source of funding 105 or 107."""
    other = fams_of(b, "SOF") & ~b.fams.LearnDelFAMCode.is_exactly("105", "107")
    return other & b.fams.of_parent(b.aims.ProgType == 24)


@rule(Aims, ("FundModel", 99), ("LearnDelFAMType", "SOF"))
def LearnDelFAMType_91(b: Batch) -> Mask:
    """An aim financed by a learner loan (ADL) must not have a source of funding."""
    return (b.aims.FundModel == 99) & has_fam(b, "ADL") & has_fam(b, "SOF")
