"""UKPRN: aims that start when the provider's contract takes no new starts any more."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, take
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.contracts import provider_contracts, starts_after_stop
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.ukprn import (
    LEVY,
    PROCURED_ADULT_EDUCATION,
    PROCURED_APPRENTICESHIPS,
)

AGENCY_FUNDED = ("LearnDelFAMType", "SOF"), ("LearnDelFAMCode", "105")


def is_agency_funded(b: Batch, *fund_models: float) -> Mask:
    """Tell for each aim of these funding models whether the agency funds it as adult learning.

    Restarts are none of them.
    """
    return is_funded_by(b, *fund_models) & has_fam(b, "SOF", "105") & ~has_fam(b, "RES")


@rule(Aims, "FundModel", "UKPRN", "LearnStartDate")
def UKPRN_16(b: Batch) -> Mask:
    """A procured apprenticeship starts when the contract takes no new starts."""
    restarts = b.fams.any(b.fams.LearnDelFAMType.is_exactly("RES"))
    mask = is_funded_by(b, 36) & is_of_type(b, 1) & has_fam(b, "ACT", "2") & ~restarts
    return starts_after_stop(b, mask, *PROCURED_APPRENTICESHIPS)


@rule(Aims, "UKPRN", "FundModel", "ProgType", "LearnStartDate", *AGENCY_FUNDED)
def UKPRN_17(b: Batch) -> Mask:
    """A 16 to 18 traineeship starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 25) & is_of_programme(b, 24)
    return starts_after_stop(b, mask, "16-18TRN2021")


@rule(Aims, "UKPRN", "FundModel", "ProgType", "LearnStartDate")
def UKPRN_18(b: Batch) -> Mask:
    """An aim of the adult education budget starts when the contract takes no new starts."""
    mask = is_agency_funded(b, 35) & ~has_fam(b, "LDM", PROCURED_ADULT_EDUCATION)
    return starts_after_stop(b, mask, "AEBC-19TRN2021", "AEBC-ASCL2021")


@rule(
    Aims,
    "UKPRN",
    "FundModel",
    "LearnStartDate",
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", PROCURED_ADULT_EDUCATION),
)
def UKPRN_19(b: Batch) -> Mask:
    """An aim of the procured adult education budget starts when it takes no new starts."""
    mask = is_agency_funded(b, 35) & has_fam(b, "LDM", PROCURED_ADULT_EDUCATION)
    return starts_after_stop(b, mask, "AEB-19TRN2021", "AEB-AS2021")


@rule(Aims, "FundModel", "ConRefNumber", "UKPRN", "LearnStartDate")
def UKPRN_20(b: Batch) -> Mask:
    """A European Social Fund aim starts when its contract takes no new starts."""
    mask = is_funded_by(b, 70)
    if not mask.any():
        return mask
    mask = mask & ~has_fam(b, "RES")
    rows, others, contracts = provider_contracts(b, mask, b.aims.ConRefNumber, "ESF1420")
    latest = pairs.first_of_greatest(b.aims.size, rows, others, contracts.StartDate[others])
    return mask & (b.aims.LearnStartDate >= take(contracts.StopNewStartsFromDate, latest))


@rule(Aims, "FundModel", "ConRefNumber", "UKPRN", "LearnStartDate")
def UKPRN_21(b: Batch) -> Mask:
    """An apprenticeship of the service starts when the contract takes no new starts."""
    as_written = b.fams.LearnDelFAMType.is_exactly("ACT") & fams_of(b, "ACT", "1")
    mask = is_funded_by(b, 36) & is_of_type(b, 1) & b.fams.any(as_written) & ~has_fam(b, "RES")
    return starts_after_stop(b, mask, *LEVY, is_last_of_ties=True)
