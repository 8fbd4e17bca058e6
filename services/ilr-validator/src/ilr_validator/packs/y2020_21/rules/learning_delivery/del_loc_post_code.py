"""DelLocPostCode: where learning takes place."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.postcodes import is_well_formed, ons_exists

TEMPORARY_POSTCODE = "ZZ99 9ZZ"


def _is_unknown(b: Batch, mask: Mask) -> Mask:
    """Tell of the aims in the mask whether their postcode is not in the ONS directory."""
    postcodes = b.aims.DelLocPostCode
    mask = mask & ~postcodes.is_exactly(TEMPORARY_POSTCODE)
    if not mask.any():
        return mask
    return mask & ~ons_exists(b, b.aims, mask, postcodes)


@rule(Aims, "DelLocPostCode")
def DelLocPostCode_03(b: Batch) -> Mask:
    """The postcode of the place of learning does not exist."""
    return _is_unknown(b, (b.aims.FundModel != 70) & ~has_fam(b, "LDM", "034"))


@rule(Aims, "DelLocPostCode")
def DelLocPostCode_11(b: Batch) -> Mask:
    """The postcode of the place of learning is not written as postcodes are."""
    return ~is_well_formed(b.aims.DelLocPostCode)


@rule(Aims, "DelLocPostCode")
def DelLocPostCode_16(b: Batch) -> Mask:
    """The postcode of the place of learning of a European Social Fund aim does not exist."""
    return _is_unknown(b, b.aims.FundModel == 70)
