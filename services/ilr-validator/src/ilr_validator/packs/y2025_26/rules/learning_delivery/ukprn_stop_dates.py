"""UKPRN: aims that start when the provider's contract takes no new starts any more."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.contracts import starts_after_stop
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.ukprn_stop_dates import (
    AGENCY_FUNDED,
    is_agency_funded,
)
from ilr_validator.packs.y2025_26.rules.learning_delivery.ukprn import (
    ADULT_SKILLS,
    OF_PROCURED_2021,
    OF_PROCURED_2023,
    PROCURED_2017,
    PROCURED_2021,
    PROCURED_2023,
)

KEPT = carried("2020-21", "UKPRN_16", "UKPRN_19", "UKPRN_21")


@rule(Aims, "UKPRN", "FundModel", "ProgType", "LearnStartDate")
def UKPRN_18(b: Batch) -> Mask:
    """An aim of adult skills starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 35) & ~has_fam(b, "LDM", PROCURED_2017)
    return starts_after_stop(b, mask, *ADULT_SKILLS)


@rule(
    Aims,
    "UKPRN",
    "LearnStartDate",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2021),
)
def UKPRN_24(b: Batch) -> Mask:
    """An aim of the budget procured in 2021 starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 35) & has_fam(b, "LDM", PROCURED_2021)
    return starts_after_stop(b, mask, *OF_PROCURED_2021)


@rule(
    Aims,
    "LearnStartDate",
    "FundModel",
    "ProgType",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2023),
)
def UKPRN_28(b: Batch) -> Mask:
    """An aim of the budget procured in 2023 starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 35, 38) & has_fam(b, "LDM", PROCURED_2023)
    return starts_after_stop(b, mask, *OF_PROCURED_2023)


@rule(Aims, "FundModel", "UKPRN", "LearnStartDate", *AGENCY_FUNDED)
def UKPRN_30(b: Batch) -> Mask:
    """An aim of the adult skills fund starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 38) & ~has_fam(b, "LDM", PROCURED_2023)
    return starts_after_stop(b, mask, *ADULT_SKILLS)
