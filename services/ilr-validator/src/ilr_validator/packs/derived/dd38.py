"""DD38: adult skills funding for somebody on benefits at any time before (`DerivedData_38Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring, has_status_by_start


@derived
def is_on_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and such a status applied by its start.

    Any status by then counts, not the latest alone.
    """
    status = b.employments.EmpStat
    benefit = has_monitoring(b, "BSI", 4, 5, 6)
    qualifies = (
        (one_of(status, 10, 11, 12, 98) & has_monitoring(b, "BSI", 1))
        | (one_of(status, 11, 12) & benefit)
        | (one_of(status, 10) & benefit & has_monitoring(b, "EII", 2, 5, 6))
    )
    return is_funded_by(b, 35) & has_status_by_start(b, qualifies)
