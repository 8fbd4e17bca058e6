"""UKPRN: whether the provider has a contract for what pays for an aim.

Funding streams carry the year in their code, so most of these rules are written anew every year.
"""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries.aims import ended_in_previous_year, is_funded_by, is_of_type
from ilr_validator.packs.queries.contracts import contract_exists, has_relationship
from ilr_validator.packs.queries.fams import has_fam

FROM_MAY_2017 = day(2017, 5, 1)
FROM_NOVEMBER_2017 = day(2017, 11, 1)
FROM_JANUARY_2018 = day(2018, 1, 1)
PROCURED_APPRENTICESHIPS = ("16-18NLAP2018", "ANLAP2018")
LEVY = ("LEVY1799", "NONLEVY2019")
NON_PROCURED = "358"
PROCURED_ADULT_EDUCATION = "357"
CUSTODY = "034"


def lacks_contract(b: Batch, mask: Mask, *stream_period_codes: str) -> Mask:
    """Tell for aims of the mask whether the provider has no contract of these funding streams."""
    if not mask.any():
        return mask
    return mask & ~has_relationship(b, b.aims, mask, *stream_period_codes)


def is_unprocured_apprenticeship(b: Batch) -> Mask:
    """Tell for each aim whether it is an apprenticeship without levy that was not procured."""
    return has_fam(b, "ACT", "2") & has_fam(b, "LDM", NON_PROCURED) & ~ended_in_previous_year(b)


@rule(Aims, "FundModel", "ConRefNumber")
def UKPRN_05(b: Batch) -> Mask:
    """A European Social Fund aim has no contract, or the provider none of that fund."""
    mask = is_funded_by(b, 70)
    if not mask.any():
        return mask
    mask = mask & ~ended_in_previous_year(b)
    related = has_relationship(b, b.aims, mask, "ESF1420")
    return mask & ~(related & contract_exists(b, related))


@rule(Aims, "FundModel")
def UKPRN_06(b: Batch) -> Mask:
    """The provider has no contract for adult skills."""
    mask = is_funded_by(b, 35)
    if not mask.any():
        return mask
    has_any_fam = b.fams.any(b.fams.parent >= 0)
    mask = mask & has_any_fam & ~has_fam(b, "LDM", CUSTODY, PROCURED_ADULT_EDUCATION)
    mask &= ~is_apprenticeship(b) & ~is_combined_authority(b) & ~ended_in_previous_year(b)
    return lacks_contract(
        b, mask, "AEBC-19TRN2021", "AEBC-ASCL2021", "AEB-19TRLS2021", "AEB-ASLS2021",
        "AEB-19TRN2021", "AEB-AS2021", "STFI2021", "STFIC2021",
    )  # fmt: skip


@rule(Aims, "UKPRN", ("LearnDelFAMType", "ALB"))
def UKPRN_08(b: Batch) -> Mask:
    """The provider has no contract for bursaries with advanced learner loans."""
    mask = has_fam(b, "ALB") & ~(b.aims.LearnActEndDate < b.year.start)
    return lacks_contract(b, mask, "ALLB2021", "ALLBC2021")


@rule(Aims, "UKPRN", "FundModel", "ProgType")
def UKPRN_09(b: Batch) -> Mask:
    """The provider has no contract for this apprenticeship, which the levy does not pay."""
    mask = is_apprenticeship(b) & ~is_funded_by(b, 36, 99)
    if not mask.any():
        return mask
    mask = mask & ~ended_in_previous_year(b) & ~has_fam(b, "LDM", CUSTODY, "353", "354", "355")
    return lacks_contract(b, mask, "APPS2021")


@rule(Aims, "UKPRN", "FundModel", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "1"))
def UKPRN_10(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships of the service (ACT 1)."""
    a = b.aims
    mask = is_funded_by(b, 36) & has_fam(b, "ACT", "1") & (a.LearnStartDate >= FROM_MAY_2017)
    return lacks_contract(b, mask & ~(a.LearnActEndDate < b.year.start), *LEVY)


@rule(Aims, "UKPRN", "FundModel", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def UKPRN_11(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships without levy (ACT 2)."""
    mask = is_funded_by(b, 36) & has_fam(b, "ACT", "2")
    mask &= (b.aims.LearnStartDate >= FROM_MAY_2017) & ~ended_in_previous_year(b)
    return lacks_contract(b, mask, "APPS2021", *PROCURED_APPRENTICESHIPS)


@rule(
    Aims,
    "LearnStartDate",
    "UKPRN",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_ADULT_EDUCATION),
)
def UKPRN_12(b: Batch) -> Mask:
    """The provider has no contract for the procured adult education budget (LDM 357)."""
    mask = has_fam(b, "LDM", PROCURED_ADULT_EDUCATION) & ~ended_in_previous_year(b)
    mask &= b.aims.LearnStartDate >= FROM_NOVEMBER_2017
    return lacks_contract(b, mask, "AEB-19TRN2021", "AEB-AS2021", "STFI2021")


@rule(
    Aims,
    "LearnStartDate",
    "UKPRN",
    ("LearnDelFAMType", "ACT"),
    ("LearnDelFAMCode", "2"),
    "AimType",
)
def UKPRN_13(b: Batch) -> Mask:
    """The provider has no contract for procured apprenticeships without levy."""
    mask = is_of_type(b, 1) & has_fam(b, "ACT", "2") & ~has_fam(b, "RES", "1")
    mask &= ~has_fam(b, "LDM", NON_PROCURED) & ~ended_in_previous_year(b)
    mask &= b.aims.LearnStartDate >= FROM_JANUARY_2018
    return lacks_contract(b, mask, *PROCURED_APPRENTICESHIPS)


@rule(Aims, "LearnStartDate", "UKPRN", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def UKPRN_14(b: Batch) -> Mask:
    """The provider has no contract for apprenticeships that were not procured (LDM 358)."""
    return lacks_contract(b, is_unprocured_apprenticeship(b), "APPS2021")


@rule(Aims, ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def UKPRN_15(b: Batch) -> Mask:
    """An apprenticeship is said to be not procured (LDM 358) but the contract is procured."""
    mask = is_unprocured_apprenticeship(b)
    return has_relationship(b, b.aims, mask, *PROCURED_APPRENTICESHIPS) if mask.any() else mask
