"""LearnDelFAMType: apprenticeship contract types (ACT), enhanced funding (EEF), their support."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2020_21.rules.learning_delivery.full_funding import ENGLISH_AND_MATHS

BRITISH_SIGN_LANGUAGE = 20  # common component
FROM_2018 = day(2018, 1, 1)
FROM_APRIL_2021 = day(2021, 4, 1)


@rule(Aims, "FundModel", ("LearnDelFAMType", "EEF"))
def LearnDelFAMType_14(b: Batch) -> Mask:
    """Enhanced apprenticeship funding (EEF) is only for funded apprenticeships."""
    funded = one_of(b.aims.FundModel, 35, 36, 81) & is_apprenticeship(b)
    return has_fam(b, "EEF") & ~funded


@rule(Aims, "ProgType", ("LearnDelFAMType", "EEF"), ("LearnDelFAMCode", "2"))
def LearnDelFAMType_54(b: Batch) -> Mask:
    """Funding as for 16 to 18 (EEF 2) means full, not part funding (FFI 2)."""
    others = ~(b.aims.FundModel == 36) & ~(b.aims.ProgType == 25)
    return others & has_fam(b, "EEF", "2") & has_fam(b, "FFI", "2")


def _is_english_maths_or_signing(b: Batch, where: Mask) -> Mask:
    """Tell whether LARS has the aim as English or maths when it starts, or as sign language."""
    found = lars.has_basic_skills_type_at(b, where, *ENGLISH_AND_MATHS)
    rows, aims = lars.aim_rows(b, where & ~found)
    return found | (take(aims.FrameworkCommonComponent, rows) == BRITISH_SIGN_LANGUAGE)


@rule(Aims, "AimType", "FundModel", ("LearnDelFAMType", "ACT"))
def LearnDelFAMType_63(b: Batch) -> Mask:
    """A contract type (ACT) is only for apprenticeship programmes and their English and maths."""
    funded = b.aims.FundModel == 36
    mask = has_fam(b, "ACT") & ~(funded & (b.aims.AimType == 1))
    return mask & ~_is_english_maths_or_signing(b, mask & funded & (b.aims.AimType == 3))


@rule(Aims, "AimType", "FundModel", ("LearnDelFAMType", "ACT"))
def LearnDelFAMType_64(b: Batch) -> Mask:
    """An apprenticeship programme, or its English and maths, needs a contract type (ACT)."""
    mask = (b.aims.FundModel == 36) & one_of(b.aims.AimType, 1, 3) & ~has_fam(b, "ACT")
    components = mask & (b.aims.AimType == 3)
    return mask & (~components | _is_english_maths_or_signing(b, components))


@rule(Aims, "AimType", "FundModel", ("LearnDelFAMType", "LSF"))
def LearnDelFAMType_67(b: Batch) -> Mask:
    """Of an apprenticeship's components, only English and maths may have support (LSF)."""
    mask = (b.aims.FundModel == 36) & (b.aims.AimType == 3) & has_fam(b, "LSF")
    return mask & ~_is_english_maths_or_signing(b, mask)


@rule(FAMs, "AimType", "FundModel", "LearnDelFAMType")
def LearnDelFAMType_68(b: Batch) -> Mask:
    """An apprenticeship of own employees (LDM 356) belongs on a funded programme aim."""
    of_code = b.fams.LearnDelFAMType.is_exactly("LDM") & b.fams.LearnDelFAMCode.is_exactly("356")
    return of_code & ~b.fams.of_parent((b.aims.FundModel == 36) & (b.aims.AimType == 1))


@rule(Aims, "LearnStartDate", ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "358"))
def LearnDelFAMType_70(b: Batch) -> Mask:
    """A contract outside procurement and levy (LDM 358) is not for starts before 2018."""
    return has_fam(b, "LDM", "358") & (b.aims.LearnStartDate < FROM_2018)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "358"))
def LearnDelFAMType_71(b: Batch) -> Mask:
    """A contract outside procurement and levy (LDM 358) needs contract type ACT 2."""
    return has_fam(b, "LDM", "358") & ~has_fam(b, "ACT", "2")


@rule(Aims, "LearnStartDate", "AimType", ("LearnDelFAMType", "ACT"), ("LearnDelFAMCode", "2"))
def LearnDelFAMType_92(b: Batch) -> Mask:
    """A programme that starts from April 2021 must not have contract type ACT 2."""
    late = (b.aims.LearnStartDate >= FROM_APRIL_2021) & (b.aims.AimType == 1)
    return late & has_fam(b, "ACT", "2") & ~has_fam(b, "RES")
