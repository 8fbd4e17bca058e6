"""LearnDelFAMType: learning delivery monitoring (LDM) and devolved area monitoring (DAM)."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.reference import LarsSectionTypes, ShortTermFundingInitiatives
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.ages import age_on
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.learn_del_fam_type_monitoring import (
    is_outside_initiative,
)

KEPT = carried(
    "2020-21",
    "LearnDelFAMType_15",
    "LearnDelFAMType_16",
    "LearnDelFAMType_31",
    "LearnDelFAMType_39",
    "LearnDelFAMType_69",
    "LearnDelFAMType_77",
)
FROM_2025 = day(2025, 8, 1)
PROCURED_2021 = "379"
PROCURED_2023 = "388"
PROCURED_2023_CATEGORY = 65
REGULATED_GENRES = ("EOQ", "EOU", "EQQ")


@rule(FAMs, ("LearnDelFAMType", "LDM"), "LearnDelFAMCode")
def LearnDelFAMType_75(b: Batch) -> Mask:
    """An aim funded by a combined authority must not have this monitoring code (LDM)."""
    codes = fams_of(b, "LDM", "034", "357", "363", PROCURED_2021, PROCURED_2023)
    return codes & b.fams.of_parent(is_combined_authority(b))


@rule(Aims, ("LearnDelFAMType", "DAM"))
def LearnDelFAMType_78(b: Batch) -> Mask:
    """A devolved area code (DAM) is not for this funding model."""
    return has_fam(b, "DAM") & ~one_of(b.aims.FundModel, 10, 11, 35, 38)


@rule(FAMs, ("LearnDelFAMType", "LDM"), "LearnDelFAMCode")
def LearnDelFAMType_83(b: Batch) -> Mask:
    """The provider has no short-term funding initiative of this code (LDM) at the start."""
    mask = fams_of(b, "LDM")
    if not mask.any():
        return mask
    codes = b.whole(ShortTermFundingInitiatives, b.fams, mask).LdmCode.values
    listed = b.fams.LearnDelFAMCode.is_among(code for code in codes if code is not None)
    return is_outside_initiative(b, mask & listed)


def _is_funded_otherwise(b: Batch, *fund_models: float) -> Mask:
    """Tell for each aim whether funding model, source or programme do not fit procurement."""
    other = b.fams.any(fams_of(b, "SOF") & ~b.fams.LearnDelFAMCode.is_any("105"))
    return ~one_of(b.aims.FundModel, *fund_models) | other | is_known(b.aims.ProgType)


@rule(
    Aims,
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2021),
    "FundModel",
    "ProgType",
)
def LearnDelFAMType_105(b: Batch) -> Mask:
    """LDM 379 does not fit funding model, source of funding or programme type."""
    return has_fam(b, "LDM", PROCURED_2021) & _is_funded_otherwise(b, 10, 35)


@rule(FAMs, "LearnDelFAMType", "LearnDelFAMCode", "DateOfBirth")
def LearnDelFAMType_106(b: Batch) -> Mask:
    """LDM 320 and 321 are not for learners younger than 14 on 31 August."""
    mask = fams_of(b, "LDM", "320", "321")
    if not mask.any():
        return mask
    return mask & b.fams.of_learner(age_on(b, b.year.august_31) < 14)


@rule(FAMs, "FundModel", "LearnDelFAMType", "LearnDelFAMCode")
def LearnDelFAMType_107(b: Batch) -> Mask:
    """LDM 320, 321 and 381 are only for 16 to 19 funding."""
    funded = b.fams.of_parent(one_of(b.aims.FundModel, 25, 82))
    return fams_of(b, "LDM", "320", "321", "381") & ~funded


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "384"), "FundModel")
def LearnDelFAMType_113(b: Batch) -> Mask:
    """The adult T level pilot (LDM 384) is only for funding model 81."""
    return has_fam(b, "LDM", "384") & ~(b.aims.FundModel == 81)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", PROCURED_2023))
def LearnDelFAMType_115(b: Batch) -> Mask:
    """LDM 379 and 388 exclude each other on an aim."""
    return has_fam(b, "LDM", PROCURED_2021) & has_fam(b, "LDM", PROCURED_2023)


@rule(
    Aims,
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2023),
    "FundModel",
    "ProgType",
)
def LearnDelFAMType_116(b: Batch) -> Mask:
    """LDM 388 does not fit funding model, source of funding or programme type."""
    return has_fam(b, "LDM", PROCURED_2023) & _is_funded_otherwise(b, 10, 11, 35, 38)


@rule(Aims, "LearnAimRef", ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", PROCURED_2023))
def LearnDelFAMType_117(b: Batch) -> Mask:
    """LDM 388 is only for regulated qualifications, or aims of that procurement."""
    mask = lars.aim_exists(b, has_fam(b, "LDM", PROCURED_2023))
    rows, others, facts = b.lookup(LarsSectionTypes, b.aims, mask, b.aims.LearnAimRef)
    regulated = facts.Fact.is_any("LearningDeliveryGenre") & facts.Value.is_any(*REGULATED_GENRES)
    mask &= ~b.aims.mask(rows[regulated[others]])
    return mask & ~lars.has_category(b, mask, PROCURED_2023_CATEGORY)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "395"), "FundModel")
def LearnDelFAMType_127(b: Batch) -> Mask:
    """The pilot for adult skills fund providers (LDM 395) is only for funding model 38."""
    return has_fam(b, "LDM", "395") & ~(b.aims.FundModel == 38)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "396"), "FundModel")
def LearnDelFAMType_128(b: Batch) -> Mask:
    """The pilot for skills bootcamps (LDM 396) is only for funding model 81."""
    return has_fam(b, "LDM", "396") & ~(b.aims.FundModel == 81)


@rule(
    Aims,
    "LearnStartDate",
    "FundModel",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", None),
)
def LearnDelFAMType_131(b: Batch) -> Mask:
    """Tailored learning from August 2025 needs LDM 399, 400 or 401."""
    funded = (b.aims.FundModel == 11) & (b.aims.LearnStartDate >= FROM_2025)
    return funded & ~has_fam(b, "LDM", "399", "400", "401")
