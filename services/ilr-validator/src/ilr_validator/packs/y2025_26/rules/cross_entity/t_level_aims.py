"""Aims of T Levels and their foundation year: what belongs to a programme, and its hours."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.reference import LarsFrameworks
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.groups import numbered, partners
from ilr_validator.packs.y2020_21.rules.cross_entity.t_level_aims import programmes_alone

KEPT = carried("2020-21", R_125="R125")

T_LEVEL = 31
CORE = 5
FUNDED_16_TO_19 = 25
TECHNICAL_QUALIFICATION = "1468"
SPECIALISM = "ZTLOS"
ADULT_PILOT = "384"


@rule(Aims, "AimType", "ProgType", "FundModel")
def R_126(b: Batch) -> Mask:
    """A T Level programme aim has no core or component aim of its type and funding model."""
    return programmes_alone(b)


@rule(Aims, "AimType", "ProgType")
def R_129(b: Batch) -> Mask:
    """A T Level technical qualification has no programme aim of its programme type."""
    aims = b.aims
    core = is_of_type(b, CORE)
    matched, _ = partners(aims, core, is_of_type(b, 1), aims.ProgType)
    mask = core & ~aims.mask(matched)
    if not mask.any():
        return mask
    mask = mask & ~has_fam(b, "LDM", ADULT_PILOT)
    return mask & lars.aim_type_is(b, mask, TECHNICAL_QUALIFICATION)


@rule(
    Learners,
    "PlanLearnHours",
    "PlanEEPHours",
    ("FundModel", FUNDED_16_TO_19),
    ("ProgType", T_LEVEL),
)
def R_130(b: Batch) -> Mask:
    """Planned hours are given for a learner whose aims are all of a T Level."""
    t_level = is_funded_by(b, FUNDED_16_TO_19) & is_of_programme(b, T_LEVEL)
    learners = b.aims.any(t_level) & b.aims.all(t_level)
    return learners & (is_known(b.learners.PlanLearnHours) | is_known(b.learners.PlanEEPHours))


@derived
def _specialisms(b: Batch) -> Mask:
    return b.aims.LearnAimRef.starts(SPECIALISM)


@rule(Learners, ("ProgType", T_LEVEL), ("LearnAimRef", SPECIALISM))
def R_137(b: Batch) -> Mask:
    """The learner has aims of a T Level and no occupational specialism."""
    learners = b.aims.any(is_of_programme(b, T_LEVEL))
    if not learners.any():
        return learners
    return learners & ~b.aims.any(_specialisms(b))


@rule(Aims, "LearnAimRef")
def R_147(b: Batch) -> Mask:
    """The occupational specialism is of another framework than the technical qualification."""
    aims = b.aims
    is_open = is_null(aims.LearnActEndDate)
    specialisms = is_open & _specialisms(b)
    if not specialisms.any():
        return specialisms
    others = is_open & ~specialisms & aims.of_learner(aims.any(specialisms))
    qualifications = others & lars.aim_type_is(b, others, TECHNICAL_QUALIFICATION)
    specialisms = specialisms & aims.of_learner(aims.any(qualifications))
    chosen = specialisms | qualifications
    rows, found, frameworks = b.lookup(LarsFrameworks, aims, chosen, aims.LearnAimRef)
    pathway = numbered(aims.parent[rows], frameworks.FworkCode[found], frameworks.PwayCode[found])
    alike = np.isin(pathway, pathway[qualifications[rows]])
    return specialisms & ~aims.mask(rows[alike])
