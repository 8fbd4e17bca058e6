"""DD28: adult skills funding for somebody out of work or in little (`DerivedData_28Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of, take_mask
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring, status_at_start


@derived
def is_unemployed_with_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and starts with such a status."""
    status = b.employments.EmpStat
    other_benefit = has_monitoring(b, "BSI", 3, 4)
    short_hours = has_monitoring(b, "EII", 2, 5, 6)
    qualifies = (
        (one_of(status, 10, 11, 12, 98) & has_monitoring(b, "BSI", 1, 2))
        | (one_of(status, 11, 12) & other_benefit)
        | (one_of(status, 10) & short_hours & other_benefit)
    )
    return is_funded_by(b, 35) & take_mask(qualifies, status_at_start(b))
