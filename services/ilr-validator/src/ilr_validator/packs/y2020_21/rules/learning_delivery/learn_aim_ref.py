"""LearnAimRef: references that do not exist, or do not go with the type of aim or programme."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.lars import aim_exists

FROM_AUGUST_2017 = day(2017, 8, 1)
PLACEMENTS_BY_HOURS = ("Z0007834", "Z0007835", "Z0007836", "Z0007837", "Z0007838")


@rule(Aims, "LearnAimRef")
def LearnAimRef_01(b: Batch) -> Mask:
    """The learning aim reference is not known to LARS."""
    everything = b.aims.AimSeqNumber == b.aims.AimSeqNumber
    return ~aim_exists(b, everything)


@rule(Aims, "LearnAimRef", "FundModel")
def LearnAimRef_29(b: Batch) -> Mask:
    """The European Social Fund assessment aim stands under another funding model."""
    return b.aims.LearnAimRef.is_any("ZESF0001") & (b.aims.FundModel != 70)


@rule(Aims, "LearnAimRef", "AimType")
def LearnAimRef_30(b: Batch) -> Mask:
    """The reference ZPROG001 stands for programme aims, and for these alone."""
    return b.aims.LearnAimRef.is_any("ZPROG001") != (b.aims.AimType == 1)


@rule(Aims, "LearnAimRef", "AimType")
def LearnAimRef_55(b: Batch) -> Mask:
    """Work experience in a 16 to 19 funded traineeship is not its core aim."""
    mask = is_funded_by(b, 25) & is_of_programme(b, 24) & ~is_of_type(b, 5)
    if not mask.any():
        return mask
    return mask & b.aims.LearnAimRef.is_any(*PLACEMENTS_BY_HOURS, "ZWRKX001")


@rule(Aims, "LearnAimRef", "FundModel", "ProgType")
def LearnAimRef_86(b: Batch) -> Mask:
    """Adult skills funding pays for work experience in traineeships only."""
    a = b.aims
    work = a.LearnAimRef.is_any("ZWRKX001", "ZWRKX002", "ZWRKX003")
    return (a.FundModel == 35) & (a.ProgType != 24) & work & ~has_fam(b, "LDM", "347")


@rule(Aims, "LearnAimRef", "LearnStartDate")
def LearnAimRef_87(b: Batch) -> Mask:
    """Aims of this class may not be started since August 2017."""
    started = b.aims.LearnStartDate >= FROM_AUGUST_2017
    return started & b.aims.LearnAimRef.starts("ZVOC", "Z9OPE", "ZUXA")


@rule(Aims, "LearnAimRef", "ProgType")
def LearnAimRef_90(b: Batch) -> Mask:
    """A T Level programme holds a work placement of another kind of programme."""
    mask = is_of_programme(b, 31)
    if not mask.any():
        return mask
    others = (*PLACEMENTS_BY_HOURS, "Z0002347", "ZWRKX001", "ZWRKX002")
    return mask & b.aims.LearnAimRef.is_any(*others)
