"""DD37: adult skills funding for somebody unemployed on other benefits (`DerivedData_37Rule`).

The official class of 2020-21 looks at every status by the start; the texts name the status at it.
"""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of, take_mask
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import (
    has_monitoring,
    has_status_by_start,
    status_at_start,
)
from ilr_validator.packs.queries.fams import has_fam


@derived
def is_unemployed(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and such a status applied by its start.

    Unemployed (11 or 12) on benefit 6, or on benefit 4 and not mandated to the training (LDM 318).
    Any status by then counts, not the latest alone.
    """
    other_benefit, credit = _unemployed(b)
    return _is_unemployed(b, has_status_by_start(b, other_benefit), has_status_by_start(b, credit))


@derived
def is_unemployed_2025(b: Batch) -> Mask:
    """Tell the same by the text of 2025-26: the status that holds at the start counts alone."""
    other_benefit, credit = (take_mask(mask, status_at_start(b)) for mask in _unemployed(b))
    return _is_unemployed(b, other_benefit, credit)


def _unemployed(b: Batch) -> tuple[Mask, Mask]:
    unemployed = one_of(b.employments.EmpStat, 11, 12)
    return unemployed & has_monitoring(b, "BSI", 6), unemployed & has_monitoring(b, "BSI", 4)


def _is_unemployed(b: Batch, other_benefit: Mask, credit: Mask) -> Mask:
    free = ~has_fam(b, "LDM", "318")
    return is_funded_by(b, 35) & (other_benefit | (credit & free))
