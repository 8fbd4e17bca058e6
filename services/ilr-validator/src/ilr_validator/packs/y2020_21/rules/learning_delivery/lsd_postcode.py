"""LSDPostcode: where the learner lived when learning started."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.reference import DevolvedPostcodes
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null, join_sorted, one_of
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.queries.postcodes import exists, is_well_formed
from ilr_validator.packs.queries.provider import is_long_term_residential

FROM_AUGUST_2019 = day(2019, 8, 1)
TEMPORARY_POSTCODE = "ZZ99 9ZZ"


def _is_adult_skills(b: Batch) -> Mask:
    a = b.aims
    mask = (a.LearnStartDate >= FROM_AUGUST_2019) & one_of(a.FundModel, 10, 35)
    return mask & is_null(a.ProgType) & ~a.LSDPostcode.is_any(TEMPORARY_POSTCODE)


@rule(Aims, "LearnStartDate", "FundModel", "LSDPostcode")
def LSDPostcode_01(b: Batch) -> Mask:
    """The postcode at the start of learning is missing or does not exist."""
    mask = _is_adult_skills(b) & ~has_fam(b, "LDM", "034")
    if not mask.any():
        return mask
    return mask & ~exists(b, b.aims, mask, b.aims.LSDPostcode)


def devolved_funding(b: Batch, asked: Mask) -> tuple[Mask, Mask]:
    """Ask for the devolved areas in which the start postcodes of the aims in the mask lie.

    Gives the aims with any area, and the sources of funding (delivery FAMs) that pay for their
    aim's area on the day the aim starts.
    """
    aims, fams = b.aims, b.fams
    rows, others, areas = b.lookup(DevolvedPostcodes, aims, asked, aims.LSDPostcode)
    starts = aims.LearnStartDate[rows]
    current = ~(starts < areas.EffectiveFrom[others]) & ~(starts > areas.EffectiveTo[others])
    sources = np.flatnonzero(fams_of(b, "SOF"))
    one, two = join_sorted(fams.parent[sources], rows[current])
    codes = fams.LearnDelFAMCode.take(sources[one])
    pays = codes.equals(areas.SourceOfFunding.take(others[current][two])) & codes.is_known
    return aims.mask(rows), fams.mask(sources[one[pays]])


@rule(FAMs, "LearnStartDate", "FundModel", "LSDPostcode", ("LearnDelFAMType", "SOF"),
      "LearnDelFAMCode")  # fmt: skip
def LSDPostcode_02(b: Batch) -> Mask:
    """The source of funding does not pay for the learner's area when learning starts."""
    return sources_that_do_not_pay(b, _is_adult_skills(b))


def sources_that_do_not_pay(b: Batch, where: Mask) -> Mask:
    """Mark the sources of funding of aims of `where` that do not pay for the learner's area.

    Offenders in custody, restarts, what devolution exempts and residential providers are excused.
    """
    mask = where & ~has_fam(b, "LDM", "034") & ~has_fam(b, "DAM", "001") & ~has_fam(b, "RES")
    mask &= has_fam(b, "SOF")
    if not mask.any():
        return b.fams.of_parent(mask)
    mask &= ~is_long_term_residential(b, b.aims, mask)
    in_area, pays = devolved_funding(b, mask)
    mask &= in_area | is_combined_authority(b)
    return fams_of(b, "SOF") & b.fams.of_parent(mask) & ~pays


@rule(Aims, "LSDPostcode")
def LSDPostcode_03(b: Batch) -> Mask:
    """The postcode at the start of learning is not written as postcodes are."""
    postcodes = b.aims.LSDPostcode
    return ~postcodes.is_blank & ~is_well_formed(postcodes)
