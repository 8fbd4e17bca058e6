"""DD37: adult skills funding for somebody unemployed at any time before (`DerivedData_37Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring, has_status_by_start
from ilr_validator.packs.queries.fams import has_fam


@derived
def is_unemployed(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and such a status applied by its start.

    Unemployed (11 or 12) on benefit 6, or on benefit 4 and not mandated to the training (LDM 318).
    Any status by then counts, not the latest alone.
    """
    unemployed = one_of(b.employments.EmpStat, 11, 12)
    other_benefit = has_status_by_start(b, unemployed & has_monitoring(b, "BSI", 6))
    credit = has_status_by_start(b, unemployed & has_monitoring(b, "BSI", 4))
    free = ~has_fam(b, "LDM", "318")
    return is_funded_by(b, 35) & (other_benefit | (credit & free))
