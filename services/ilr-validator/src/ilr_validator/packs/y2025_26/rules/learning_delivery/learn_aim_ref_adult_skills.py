"""LearnAimRef: aims that adult skills funding, or the Adult Skills Fund, does not pay for."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd38 import is_on_benefits_2025
from ilr_validator.packs.queries import employment, lars
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.prior_attainments import level_at_start
from ilr_validator.packs.y2025_26.rules.learning_delivery.aim_validity import (
    NO_FAM,
    starts_within,
)

FROM_2016 = day(2016, 8, 1)
FROM_2017 = day(2017, 8, 1)
UNTIL_JULY_2024 = day(2024, 7, 31)
FROM_2024 = day(2024, 8, 1)

LEVEL_3_ENTITLEMENT = 38
LICENCE_TO_PRACTISE = 20
LEVEL_3_AND_ABOVE = (6, 7, 8, 9, 10, 97, 98)


def _is_of_level(b: Batch, mask: Mask, level: str) -> Mask:
    """Keep of a mask the aims that LARS has at this level."""
    if not mask.any():
        return mask
    return lars.nvq_level_is(b, mask, level)


def _lacks_entitlement(b: Batch, mask: Mask) -> Mask:
    """Keep the aims of level 3 that are not in the entitlement's category as they start."""
    of_level = _is_of_level(b, mask, "3")
    if not of_level.any():
        return of_level
    starts = b.aims.LearnStartDate
    return of_level & ~lars.has_category_at(b, of_level, starts, LEVEL_3_ENTITLEMENT)


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_79(b: Batch) -> Mask:
    """Adult skills funding does not pay for level 4 aims."""
    exempt = is_apprenticeship(b) | has_fam(b, "LDM", "034") | has_fam(b, "DAM", "023")
    exempt = exempt | has_fam(b, "RES")
    mask = is_funded_by(b, 35) & ~exempt & starts_within(b, FROM_2016, UNTIL_JULY_2024)
    return _is_of_level(b, mask, "4")


@rule(
    Aims, ("ESMType", "BSI"), ("ESMCode", 3), "LearnAimRef", "LearnStartDate", "FundModel"
)  # fmt: skip
def LearnAimRef_81(b: Batch) -> Mask:
    """Learners on another state benefit are not funded for licences to practise."""
    mask = is_funded_by(b, 35, 81) & (b.aims.LearnStartDate >= FROM_2016)
    mask = mask & employment.has_monitoring_at_start(b, "BSI", 3)
    if not mask.any():
        return mask
    return lars.has_category(b, mask, LICENCE_TO_PRACTISE)


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_84(b: Batch) -> Mask:
    """The level 3 aim is not in the category of the level 3 entitlement on its start date."""
    exempt = is_apprenticeship(b) | is_of_programme(b, 24) | has_fam(b, "RES")
    exempt = exempt | has_fam(b, "LDM", "034", "378") | has_fam(b, "DAM", "023")
    mask = is_funded_by(b, 35) & ~exempt & starts_within(b, FROM_2017, UNTIL_JULY_2024)
    return _lacks_entitlement(b, mask)


def _has_level_3(b: Batch) -> Mask:
    return one_of(level_at_start(b), *LEVEL_3_AND_ABOVE)


def _prior_level(b: Batch, rows: Rows) -> Numbers:
    return level_at_start(b)[rows]


@rule(Aims, ("PriorLevel", _prior_level), "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_85(b: Batch) -> Mask:
    """Learners with level 3 are not funded for level 3 aims."""
    exempt = is_apprenticeship(b) | is_of_programme(b, 24) | has_fam(b, "RES")
    exempt = exempt | has_fam(b, "DAM", "023") | has_fam(b, "LDM", "382")
    exempt = exempt | (has_fam(b, "LDM", "378") & is_on_benefits_2025(b))
    mask = is_funded_by(b, 35) & ~exempt & starts_within(b, FROM_2017, UNTIL_JULY_2024)
    return _is_of_level(b, mask & _has_level_3(b), "3")


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel", *NO_FAM)
def LearnAimRef_135(b: Batch) -> Mask:
    """The Adult Skills Fund does not pay for level 4 aims."""
    mask = is_funded_by(b, 38) & ~has_fam(b, "DAM", "023") & starts_within(b, FROM_2024)
    return _is_of_level(b, mask, "4")


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel", *NO_FAM)
def LearnAimRef_136(b: Batch) -> Mask:
    """The level 3 aim of the Adult Skills Fund is not in the category of its entitlement."""
    exempt = has_fam(b, "RES") | has_fam(b, "DAM", "023") | has_fam(b, "LDM", "378", "395")
    return _lacks_entitlement(b, is_funded_by(b, 38) & ~exempt & starts_within(b, FROM_2024))


@rule(Aims, ("PriorLevel", _prior_level), "LearnAimRef", "LearnStartDate", "FundModel")
def LearnAimRef_137(b: Batch) -> Mask:
    """The Adult Skills Fund does not pay level 3 aims of learners with level 3 who earn enough."""
    exempt = has_fam(b, "RES") | has_fam(b, "DAM", "023") | has_fam(b, "LDM", "391")
    mask = is_funded_by(b, 38) & ~exempt & starts_within(b, FROM_2024)
    return _is_of_level(b, mask & _has_level_3(b), "3")
