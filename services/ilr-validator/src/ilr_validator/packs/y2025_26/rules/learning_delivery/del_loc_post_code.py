"""DelLocPostCode: where learning takes place."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.postcodes import exists, is_well_formed

TEMPORARY_POSTCODE = "ZZ99 9ZZ"


@rule(Aims, "DelLocPostCode")
def DelLocPostCode_03(b: Batch) -> Mask:
    """The postcode of the place of learning does not exist."""
    postcodes = b.aims.DelLocPostCode
    mask = ~postcodes.is_exactly(TEMPORARY_POSTCODE) & ~has_fam(b, "LDM", "034")
    return mask & ~exists(b, b.aims, mask, postcodes)


@rule(Aims, "DelLocPostCode")
def DelLocPostCode_11(b: Batch) -> Mask:
    """The postcode of the place of learning is not written as postcodes are."""
    return ~is_well_formed(b.aims.DelLocPostCode) & ~has_fam(b, "LDM", "034")
