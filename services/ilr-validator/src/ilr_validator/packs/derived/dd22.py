"""DD22: when learning under a European Social Fund contract began last (`DerivedData_22Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates
from ilr_validator.packs.derived.esf_contracts import COMPLETED
from ilr_validator.packs.queries import pairs


@derived
def latest_esf_start(b: Batch) -> Dates:
    """Give for each aim the latest start of the learner's completed ZESF0001 of its contract.

    The aim reference must be in capitals; a blank contract matches nothing. Null for none.
    """
    aims = b.aims
    completed = (
        aims.LearnAimRef.is_exactly("ZESF0001")
        & (aims.CompStatus == COMPLETED)
        & ~aims.ConRefNumber.is_blank
    )
    one, other = aims.siblings(aims.of_parent(aims.any(completed)), completed)
    alike = aims.ConRefNumber.folded[one] == aims.ConRefNumber.folded[other]
    return pairs.greatest(aims.size, one[alike], aims.LearnStartDate[other[alike]])
