"""LSDPostcode: where the learner lived when learning started."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, is_null, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.queries.postcodes import exists
from ilr_validator.packs.y2020_21.rules.learning_delivery.lsd_postcode import (
    TEMPORARY_POSTCODE,
    devolved_funding,
    sources_that_do_not_pay,
)

AUGUST_2019 = day(2019, 8, 1)
AUGUST_2021 = day(2021, 8, 1)
AUGUST_2024 = day(2024, 8, 1)

KEPT = carried("2020-21", "LSDPostcode_03")


def _adult_skills(b: Batch, start: float, end: float) -> Mask:
    """Tell for each aim of models 10 and 35 whether it starts then and its postcode is real."""
    a = b.aims
    mask = (a.LearnStartDate >= start) & (a.LearnStartDate < end) & one_of(a.FundModel, 10, 35)
    return mask & ~a.LSDPostcode.is_any(TEMPORARY_POSTCODE)


def _adult_skills_fund(b: Batch) -> Mask:
    """Tell for each aim of models 11 and 38 from August 2024 whether its postcode is real."""
    a = b.aims
    mask = (a.LearnStartDate >= AUGUST_2024) & one_of(a.FundModel, 11, 38)
    return mask & ~a.LSDPostcode.is_any(TEMPORARY_POSTCODE)


@rule(Aims, "LearnStartDate", "FundModel", "LSDPostcode")
def LSDPostcode_01(b: Batch) -> Mask:
    """The postcode at the start of learning is missing or does not exist."""
    a = b.aims
    mask = _adult_skills(b, AUGUST_2019, AUGUST_2024) & (a.AimType != 3) & (a.ProgType != 24)
    mask &= ~is_apprenticeship(b)
    return mask & ~exists(b, a, mask, a.LSDPostcode) if mask.any() else mask


@rule(FAMs, "LearnStartDate", "FundModel", "LSDPostcode", ("LearnDelFAMType", "SOF"),
      "LearnDelFAMCode")  # fmt: skip
def LSDPostcode_02(b: Batch) -> Mask:
    """The source of funding does not pay for the learner's area when learning starts."""
    mask = _adult_skills(b, AUGUST_2019, AUGUST_2021) & is_null(b.aims.ProgType)
    return sources_that_do_not_pay(b, mask)


def _is_not_paid_for(b: Batch, mask: Mask) -> Mask:
    """Tell of the aims in the mask whether the postcode has no area or nobody pays for it."""
    mask = mask & ~has_fam(b, "RES") & ~has_fam(b, "DAM", "001")
    if not mask.any():
        return mask
    in_area, pays = devolved_funding(b, mask)
    return mask & (~in_area | b.fams.any(fams_of(b, "SOF") & ~pays))


def _first_source_of_funding(b: Batch, rows: Rows) -> Text:
    return b.fams.LearnDelFAMCode.take(b.fams.first(fams_of(b, "SOF"))[rows])


FUNDED_AREA = (
    "LearnStartDate",
    "FundModel",
    "LSDPostcode",
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", _first_source_of_funding),
)


@rule(Aims, *FUNDED_AREA)
def LSDPostcode_04(b: Batch) -> Mask:
    """The source of funding does not pay for the learner's area when adult learning starts."""
    return _is_not_paid_for(b, _adult_skills(b, AUGUST_2021, AUGUST_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LSDPostcode")
def LSDPostcode_05(b: Batch) -> Mask:
    """The postcode at the start of learning is missing or does not exist (Adult Skills Fund)."""
    mask = _adult_skills_fund(b) & (b.aims.AimType != 3)
    return mask & ~exists(b, b.aims, mask, b.aims.LSDPostcode) if mask.any() else mask


@rule(Aims, *FUNDED_AREA)
def LSDPostcode_06(b: Batch) -> Mask:
    """The source of funding does not pay for the learner's area (Adult Skills Fund)."""
    return _is_not_paid_for(b, _adult_skills_fund(b))
