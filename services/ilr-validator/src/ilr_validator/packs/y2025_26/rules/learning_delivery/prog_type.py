"""ProgType: which aims a programme must, may and must not hold."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme
from ilr_validator.packs.queries.fams import has_fam

KEPT = carried("2020-21", "ProgType_01", "ProgType_02", "ProgType_06", "ProgType_18", "ProgType_19")

T_LEVEL_QUALIFICATION = "1468"
BOOTCAMP_EVENTS = ("Z0059747", "Z0059748", "Z0059749")
BOOTCAMP_SUBJECTS = 62


@rule(Aims, "ProgType", "LearnStartDate")
def ProgType_03(b: Batch) -> Mask:
    """The programme type is not on the list of codes, or no longer when the aim started."""
    a = b.aims
    mask = is_known(a.ProgType)
    return mask & ~b.not_after_list("ProgType", a, mask, a.LearnStartDate, a.ProgType)


@derived
def _lacks_t_level(b: Batch) -> Mask:
    """Find funded aims outside T Levels that are not of the pilot for adults."""
    return ~is_of_programme(b, 31) & ~is_funded_by(b, 99) & ~has_fam(b, "LDM", "384")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_15(b: Batch) -> Mask:
    """The T Level industry placement does not stand in a T Level programme."""
    return _lacks_t_level(b) & b.aims.LearnAimRef.is_any("ZWRKX003")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_16(b: Batch) -> Mask:
    """A T Level technical qualification does not stand in a T Level programme."""
    return lars.aim_type_is(b, _lacks_t_level(b), T_LEVEL_QUALIFICATION)


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_17(b: Batch) -> Mask:
    """A T Level occupational specialism does not stand in a T Level programme."""
    return _lacks_t_level(b) & b.aims.LearnAimRef.starts("ZTLOS")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_20(b: Batch) -> Mask:
    """An aim of the T Level foundation year does not stand in its programme."""
    foundation = b.aims.LearnAimRef.starts("ZTPR")
    return foundation & ~is_of_programme(b, 30) & ~has_fam(b, "LDM", "384")


@rule(Aims, "FundModel", "ProgType")
def ProgType_21(b: Batch) -> Mask:
    """The skills bootcamp is not under its own funding model."""
    return is_of_programme(b, 32) & ~is_funded_by(b, 37)


@rule(Aims, "ProgType")
def ProgType_22(b: Batch) -> Mask:
    """No combined authority funds the programme that only they may fund."""
    return is_of_programme(b, 33) & ~is_combined_authority(b)


@derived
def _lacks_bootcamp(b: Batch) -> Mask:
    """Find aims outside skills bootcamps that are not of the pilot for them."""
    return ~is_of_programme(b, 32) & ~has_fam(b, "LDM", "396")


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_23(b: Batch) -> Mask:
    """An event aim of skills bootcamps does not stand in a skills bootcamp."""
    return _lacks_bootcamp(b) & b.aims.LearnAimRef.is_any(*BOOTCAMP_EVENTS)


@rule(Aims, "LearnAimRef", "ProgType")
def ProgType_24(b: Batch) -> Mask:
    """A subject aim of skills bootcamps does not stand in a skills bootcamp."""
    return lars.has_category(b, _lacks_bootcamp(b), BOOTCAMP_SUBJECTS)
