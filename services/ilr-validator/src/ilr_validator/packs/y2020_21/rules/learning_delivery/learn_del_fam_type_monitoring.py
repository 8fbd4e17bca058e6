"""LearnDelFAMType: learning delivery monitoring (LDM) and devolved area monitoring (DAM)."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day, years_after
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.reference import LarsCategories, ShortTermFundingInitiatives
from ilr_validator.engine.rule import Parameter, rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, is_known, one_of
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import fam_count, fams_of, has_fam

FROM_2013 = day(2013, 8, 1)
FROM_NOVEMBER_2017 = day(2017, 11, 1)
LAST_RETURNS = (12, 13, 14)
SKILLS_OFFER = "376"
SKILLS_OFFER_AIM: tuple[Parameter, ...] = (
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", SKILLS_OFFER),
    ("FundModel", 35),
)
SKILLS_OFFER_CATEGORY = 43
SKILLS_OFFER_ONLY_CATEGORY = 44
LAST_PLANNED_END = day(2022, 3, 31)
LAST_END = day(2022, 7, 31)


def code_of(b: Batch, rows: Rows) -> Text:
    """Give the code of FAMs, for parameters under another name."""
    return b.fams.LearnDelFAMCode.take(rows)


@rule(FAMs, "LearnActEndDate", "LearnDelFAMType", ("LearnFAMCode", code_of))
def LearnDelFAMType_15(b: Batch) -> Mask:
    """A proxy aim (LDM 118) has ended."""
    return fams_of(b, "LDM", "118") & b.fams.of_parent(is_known(b.aims.LearnActEndDate))


@rule(FAMs, "LearnActEndDate", "LearnDelFAMType", ("LearnFAMCode", code_of))
def LearnDelFAMType_16(b: Batch) -> Mask:
    """A proxy aim (LDM 118) must not stand in the last returns of the year."""
    mask = fams_of(b, "LDM", "118")
    if not mask.any():
        return mask
    return mask & (b.return_period in LAST_RETURNS)


@rule(Aims, ("LearnDelFAMType", "LDM"))
def LearnDelFAMType_31(b: Batch) -> Mask:
    """An aim has more than six monitoring codes (LDM)."""
    return fam_count(b, "LDM") > 6


@rule(Aims, "LearnStartDate", "FundModel", "ProgType")
def LearnDelFAMType_39(b: Batch) -> Mask:
    """The aim should have a monitoring code (LDM) for this funding model."""
    funded = one_of(b.aims.FundModel, 81, 82) & ~(b.aims.ProgType == 25)
    return funded & (b.aims.LearnStartDate >= FROM_2013) & ~has_fam(b, "LDM")


@rule(FAMs, "LearnStartDate", "FundModel", "LearnDelFAMType", ("LearnFAMCode", code_of))
def LearnDelFAMType_69(b: Batch) -> Mask:
    """The procured adult education budget (LDM 357) does not fit funding model or start."""
    fits = one_of(b.aims.FundModel, 10, 35) & (b.aims.LearnStartDate >= FROM_NOVEMBER_2017)
    return fams_of(b, "LDM", "357") & ~b.fams.of_parent(fits)


@rule(FAMs, ("LearnDelFAMType", "LDM"), "LearnDelFAMCode")
def LearnDelFAMType_75(b: Batch) -> Mask:
    """An aim funded by a combined authority must not have this monitoring code (LDM)."""
    return fams_of(b, "LDM", "034", "357", "363") & b.fams.of_parent(is_combined_authority(b))


@rule(Aims, ("LearnDelFAMType", "DAM"))
def LearnDelFAMType_77(b: Batch) -> Mask:
    """An aim has more than six devolved area codes (DAM)."""
    return fam_count(b, "DAM") > 6


@rule(Aims, ("LearnDelFAMType", "DAM"))
def LearnDelFAMType_78(b: Batch) -> Mask:
    """A devolved area code (DAM) is not for this funding model."""
    return has_fam(b, "DAM") & ~one_of(b.aims.FundModel, 10, 35)


def is_outside_initiative(b: Batch, mask: Mask) -> Mask:
    """Tell of the FAMs in the mask whether the provider has no such initiative at the start."""
    if not mask.any():
        return mask
    fams = b.fams
    rows, others, found = b.lookup(
        ShortTermFundingInitiatives, fams, mask, np.full(fams.size, b.ukprn)
    )
    starts = b.aims.LearnStartDate[fams.parent[rows]]
    ends = found.EffectiveTo[others]
    held = (starts >= found.EffectiveFrom[others]) & ((starts <= ends) | np.isnan(ends))
    codes = found.LdmCode.take(others)
    same = fams.LearnDelFAMCode.take(rows).equals(codes, ignore_case=True)
    return mask & ~fams.mask(rows[held & same])


@rule(FAMs, ("LearnDelFAMType", "LDM"), "LearnDelFAMCode")
def LearnDelFAMType_83(b: Batch) -> Mask:
    """The provider has no short-term funding initiative of this code (LDM) at the start."""
    return is_outside_initiative(b, fams_of(b, "LDM", "370", "371", "372", "373"))


def _is_skills_offer(b: Batch) -> Mask:
    return (b.aims.FundModel == 35) & has_fam(b, "LDM", SKILLS_OFFER)


@rule(Aims, *SKILLS_OFFER_AIM, "DateOfBirth")
def LearnDelFAMType_84(b: Batch) -> Mask:
    """The skills offer (LDM 376) is for learners of 19 and more on 31 August."""
    latest = years_after(b.year.august_31, -19)
    return _is_skills_offer(b) & b.aims.of_learner(b.learners.DateOfBirth > latest)


def _categories(b: Batch, rows: Rows) -> list[tuple[int, ...]]:
    """Give for aims all categories that LARS has of each."""
    where = b.aims.mask(rows)
    aims, others, found = b.lookup(LarsCategories, b.aims, where, b.aims.LearnAimRef)
    categories = found.CategoryRef[others].astype(int).tolist()
    starts, ends = np.searchsorted(aims, rows), np.searchsorted(aims, rows, "right")
    return [tuple(categories[start:end]) for start, end in zip(starts, ends, strict=True)]


@rule(Aims, *SKILLS_OFFER_AIM, ("LarsCategoryRef", _categories))
def LearnDelFAMType_85(b: Batch) -> Mask:
    """The aim is not among those of the skills offer (LDM 376)."""
    mask = _is_skills_offer(b)
    offered = (SKILLS_OFFER_CATEGORY, SKILLS_OFFER_ONLY_CATEGORY)
    return mask & ~lars.has_category(b, mask, *offered)


@rule(Aims, *SKILLS_OFFER_AIM, "LearnPlanEndDate")
def LearnDelFAMType_86(b: Batch) -> Mask:
    """An aim of the skills offer (LDM 376) is planned to end after March 2022."""
    return _is_skills_offer(b) & (b.aims.LearnPlanEndDate > LAST_PLANNED_END)


@rule(Aims, *SKILLS_OFFER_AIM, "LearnActEndDate")
def LearnDelFAMType_87(b: Batch) -> Mask:
    """An aim of the skills offer (LDM 376) ended after July 2022."""
    return _is_skills_offer(b) & (b.aims.LearnActEndDate > LAST_END)


@rule(Aims, *SKILLS_OFFER_AIM, ("LarsCategoryRef", _categories))
def LearnDelFAMType_89(b: Batch) -> Mask:
    """The aim exists for the skills offer only and lacks its code (LDM 376)."""
    mask = (b.aims.FundModel == 35) & ~has_fam(b, "LDM", SKILLS_OFFER)
    return lars.has_category(b, mask, SKILLS_OFFER_ONLY_CATEGORY)
