"""DD26: whether the learner was on benefits when the contract began (`DerivedData_26Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, take_mask
from ilr_validator.packs.derived.esf_contracts import first_completed_start
from ilr_validator.packs.queries.employment import has_monitoring_at_start


@derived
def on_benefits_at_esf_start(b: Batch) -> Mask:
    """Tell for each aim whether any benefit was recorded at the start of its contract."""
    return take_mask(has_monitoring_at_start(b, "BSI"), first_completed_start(b))
