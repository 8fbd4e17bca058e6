"""DD25: how long the learner was unemployed when the contract began (`DerivedData_25Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Numbers, take
from ilr_validator.packs.derived.esf_contracts import latest_completed_start
from ilr_validator.packs.queries.employment import monitorings_of, status_at_start


@derived
def length_of_unemployment(b: Batch) -> Numbers:
    """Give for each aim the code of the first LOU monitoring at its contract's start, or null."""
    monitorings = b.employment_monitorings
    codes = take(monitorings.ESMCode, monitorings.first(monitorings_of(b, "LOU")))
    at_start = take(codes, status_at_start(b))
    return take(at_start, latest_completed_start(b))
