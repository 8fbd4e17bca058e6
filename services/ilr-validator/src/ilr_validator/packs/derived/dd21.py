"""DD21: adult skills funding for somebody unemployed with other benefits (`DerivedData_21Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, one_of, take
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring_at_start, status_at_start
from ilr_validator.packs.queries.fams import fams_of, has_fam


@derived
def is_unemployed_with_other_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and starts unemployed on benefit 3 or 4.

    Benefit 4 counts unless the learner is mandated to the training (LDM 318); it counts also
    where the aim has a FAM of any type but LDM, an oddity of the official class.
    """
    unemployed = one_of(take(b.employments.EmpStat, status_at_start(b)), 11, 12)
    free = b.fams.any(~fams_of(b, "LDM")) | ~has_fam(b, "LDM", "318")
    on_benefit = has_monitoring_at_start(b, "BSI", 3) | (
        has_monitoring_at_start(b, "BSI", 4) & free
    )
    return is_funded_by(b, 35) & unemployed & on_benefit
