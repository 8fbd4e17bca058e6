"""DD11: adult skills funding for somebody on benefits at the start (`DerivedData_11Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring_at_start


@derived
def is_adult_funded_on_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and starts while on any benefit."""
    return is_funded_by(b, 35) & has_monitoring_at_start(b, "BSI", 1, 2, 3, 4, 5, 6)
