"""DD38: adult skills funding for somebody out of work or in little, on benefits.

Official name: `DerivedData_38Rule`. The class of 2020-21 looks at every status by the start; the
texts name the status at it.
"""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of, take_mask
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import (
    has_monitoring,
    has_status_by_start,
    status_at_start,
)


@derived
def is_on_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and such a status applied by its start.

    Any status by then counts, not the latest alone.
    """
    return is_funded_by(b, 35) & has_status_by_start(b, _qualifies(b))


@derived
def is_on_benefits_2025(b: Batch) -> Mask:
    """Tell the same by the text of 2025-26: the status that holds at the start counts alone."""
    return is_funded_by(b, 35) & take_mask(_qualifies(b), status_at_start(b))


def _qualifies(b: Batch) -> Mask:
    status = b.employments.EmpStat
    benefit = has_monitoring(b, "BSI", 4, 5, 6)
    return (
        (one_of(status, 10, 11, 12, 98) & has_monitoring(b, "BSI", 1))
        | (one_of(status, 11, 12) & benefit)
        | (one_of(status, 10) & benefit & has_monitoring(b, "EII", 2, 5, 6))
    )
