"""UKPRN: whether the provider has a contract for what pays for an aim.

Funding streams carry the year in their code, so most of these rules are written anew every year.
"""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import ended_in_previous_year, is_funded_by
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.ukprn import (
    CUSTODY,
    FROM_MAY_2017,
    LEVY,
    PROCURED_APPRENTICESHIPS,
    is_unprocured_apprenticeship,
    lacks_contract,
)

FROM_AUGUST_2021 = day(2021, 8, 1)
FROM_AUGUST_2023 = day(2023, 8, 1)
PROCURED_2017, TRAINEESHIPS_2020, PROCURED_2021, PROCURED_2023 = "357", "377", "379", "388"
"""Codes of LDM: adult education and traineeships procured in these years."""
ADULT_SKILLS: Final = ("ASFC-ASCL2526", "STFIG2526", "ASFC-FCFJ2526")
OF_PROCURED_2021: Final = ("AEB-AS2324", "AEB-NSF2324")
OF_PROCURED_2023: Final = ("ASF2023-AS2526", "ASF2023-FCFJ2526", "ASF2023-STFI2526")
APPRENTICESHIPS = "APPS2526"

KEPT = carried("2020-21", "UKPRN_12", "UKPRN_13", "UKPRN_15")


@rule(Aims, "FundModel")
def UKPRN_06(b: Batch) -> Mask:
    """The provider has no contract for adult skills."""
    mask = is_funded_by(b, 35)
    if not mask.any():
        return mask
    mask = mask & ~is_apprenticeship(b) & ~is_combined_authority(b) & ~ended_in_previous_year(b)
    mask &= ~has_fam(
        b, "LDM", CUSTODY, PROCURED_2017, TRAINEESHIPS_2020, PROCURED_2021, PROCURED_2023
    )
    return lacks_contract(b, mask, *ADULT_SKILLS)


@rule(Aims, "UKPRN", ("LearnDelFAMType", "ALB"))
def UKPRN_08(b: Batch) -> Mask:
    """The provider has no contract for bursaries with advanced learner loans."""
    mask = has_fam(b, "ALB") & ~ended_in_previous_year(b)
    return lacks_contract(b, mask, "ALLB2526", "ALLBC2526")


@rule(Aims, "UKPRN", "FundModel", "ProgType")
def UKPRN_09(b: Batch) -> Mask:
    """The provider has no contract for this apprenticeship, which the levy does not pay."""
    mask = is_apprenticeship(b) & ~is_funded_by(b, 36, 99)
    if not mask.any():
        return mask
    mask = mask & ~ended_in_previous_year(b) & ~has_fam(b, "LDM", CUSTODY, "353", "355")
    return lacks_contract(b, mask, APPRENTICESHIPS)


def _is_apprenticeship_of(b: Batch, contract_type: str) -> Mask:
    """Tell for each aim whether it is an apprenticeship with this ACT, from May 2017."""
    mask = is_funded_by(b, 36) & has_fam(b, "ACT", contract_type) & ~ended_in_previous_year(b)
    return mask & (b.aims.LearnStartDate >= FROM_MAY_2017)


@rule(Aims, "UKPRN", "FundModel", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "1"))
def UKPRN_10(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships of the service (ACT 1)."""
    return lacks_contract(b, _is_apprenticeship_of(b, "1"), *LEVY)


@rule(Aims, "UKPRN", "FundModel", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def UKPRN_11(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships without levy (ACT 2)."""
    mask = _is_apprenticeship_of(b, "2")
    return lacks_contract(b, mask, APPRENTICESHIPS, *PROCURED_APPRENTICESHIPS)


@rule(Aims, "LearnStartDate", "UKPRN", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def UKPRN_14(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships that were not procured (LDM 358)."""
    return lacks_contract(b, is_unprocured_apprenticeship(b), APPRENTICESHIPS)


def is_procured(b: Batch, code: str, *fund_models: float) -> Mask:
    """Tell for each aim whether the agency funds it as adult learning procured under this LDM."""
    mask = has_fam(b, "LDM", code) & has_fam(b, "SOF", "105")
    return mask & one_of(b.aims.FundModel, *fund_models) if mask.any() else mask


@rule(
    Aims,
    "LearnStartDate",
    "UKPRN",
    "FundModel",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2021),
)
def UKPRN_23(b: Batch) -> Mask:
    """The provider has no contract for the adult education budget procured in 2021."""
    mask = is_procured(b, PROCURED_2021, 35) & ~ended_in_previous_year(b)
    mask &= b.aims.LearnStartDate >= FROM_AUGUST_2021
    return lacks_contract(b, mask, *OF_PROCURED_2021)


@rule(
    Aims,
    "LearnStartDate",
    "UKPRN",
    "FundModel",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_2023),
)
def UKPRN_27(b: Batch) -> Mask:
    """The provider has no contract for the adult education budget procured in 2023."""
    mask = is_procured(b, PROCURED_2023, 35, 38) & ~ended_in_previous_year(b)
    mask &= b.aims.LearnStartDate >= FROM_AUGUST_2023
    return lacks_contract(b, mask, *OF_PROCURED_2023)


@rule(Aims, "FundModel", ("LearnDelFAMType", None), ("LearnDelFAMCode", None))
def UKPRN_29(b: Batch) -> Mask:
    """The provider has no contract for the adult skills fund."""
    mask = is_funded_by(b, 38)
    if not mask.any():
        return mask
    mask = mask & ~has_fam(b, "LDM", PROCURED_2023)
    mask &= ~is_combined_authority(b) & ~ended_in_previous_year(b)
    return lacks_contract(b, mask, *ADULT_SKILLS)
