"""DD12: adult skills funding for somebody on certain benefits (`DerivedData_12Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.employment import has_monitoring_at_start
from ilr_validator.packs.queries.fams import has_fam


@derived
def is_adult_skills_funded_on_benefits(b: Batch) -> Mask:
    """Tell for each aim whether it is of FundModel 35 and starts on benefit 1 or 2.

    Benefit 4 counts too where the learner is mandated to the training (LDM 318).
    """
    mandated = has_fam(b, "LDM", "318") & has_monitoring_at_start(b, "BSI", 4)
    return is_funded_by(b, 35) & (has_monitoring_at_start(b, "BSI", 1, 2) | mandated)
