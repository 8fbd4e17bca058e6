"""PartnerUKPRN: who delivers an aim for the provider."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.queries.organisations import is_partner


@rule(Aims, "PartnerUKPRN")
def PartnerUKPRN_01(b: Batch) -> Mask:
    """The subcontractor is not a known organisation that may be a partner."""
    named = is_known(b.aims.PartnerUKPRN)
    if not named.any():
        return named
    return named & ~is_partner(b, b.aims, named, b.aims.PartnerUKPRN)


@rule(Aims, "AimType", "PartnerUKPRN")
def PartnerUKPRN_02(b: Batch) -> Mask:
    """A programme aim names a subcontractor."""
    return is_known(b.aims.PartnerUKPRN) & (b.aims.AimType == 1)


@rule(Aims, "UKPRN", "PartnerUKPRN")
def PartnerUKPRN_03(b: Batch) -> Mask:
    """The provider names itself as subcontractor."""
    named = is_known(b.aims.PartnerUKPRN)
    return b.aims.PartnerUKPRN == b.ukprn if named.any() else named
