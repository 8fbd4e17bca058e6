"""Employment statuses against each other and against the aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import EmploymentMonitorings
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_of_programme
from ilr_validator.packs.queries.employment import monitorings_of
from ilr_validator.packs.queries.fams import has_fam

KEPT = carried("2020-21", R_97="R97")

SKILLS_BOOTCAMP = 32


@rule(EmploymentMonitorings, "ESMType", "ESMCode")
def R_134(b: Batch) -> Mask:
    """Employment with a small or medium employer is monitored without a Skills Bootcamp."""
    mask = monitorings_of(b, "OET", 2)
    if not mask.any():
        return mask
    exempt = is_of_programme(b, SKILLS_BOOTCAMP) | has_fam(b, "DAM", "023")
    return mask & ~b.employment_monitorings.of_learner(b.aims.any(exempt))
