"""Programme aims and the components that belong to them: same programme type and standard."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, is_null
from ilr_validator.packs.derived import dd31, dd40
from ilr_validator.packs.derived.dd32 import is_open_funded_programme
from ilr_validator.packs.derived.dd36 import effective_end_2025
from ilr_validator.packs.queries.aims import is_of_type
from ilr_validator.packs.queries.groups import partners
from ilr_validator.packs.queries.programmes import components_and_programmes
from ilr_validator.packs.y2020_21.rules.cross_entity.programme_aims import (
    ended_programmes_with_open_parts,
    first_of_programme,
    funded_parts_of_unfunded_programmes,
    funded_parts_without_programme,
    programmes_ended_before_parts,
    starts_within_another,
)

PROGRAMME, COMPONENT, CORE = 1, 3, 5
UNTIL_JULY_2024 = day(2024, 7, 31)


@rule(Aims, "ProgType", "StdCode", "AimType")
def R_30(b: Batch) -> Mask:
    """A component aim has no programme aim of its programme type and standard."""
    matched, _ = components_and_programmes(b)
    alone = is_of_type(b, COMPONENT) & ~b.aims.mask(matched)
    return first_of_programme(b, alone, b.aims.ProgType, b.aims.StdCode)


@rule(Aims, "AimType", "ProgType", "StdCode", "LearnActEndDate")
def R_31(b: Batch) -> Mask:
    """An open programme aim has no component aim of its programme type and standard."""
    keys = (b.aims.ProgType, b.aims.StdCode)
    programmes = is_of_type(b, PROGRAMME) & is_null(b.aims.LearnActEndDate)
    matched, _ = partners(b.aims, programmes, is_of_type(b, COMPONENT, CORE), *keys)
    return first_of_programme(b, programmes & ~b.aims.mask(matched), *keys)


@rule(Aims, "AimType", "FundModel", "ProgType", "StdCode", "LearnActEndDate")
def R_56(b: Batch) -> Rows:
    """A funded component aim belongs to an open programme aim that is not funded."""
    return funded_parts_of_unfunded_programmes(b)


@rule(Aims, "AimType", "FundModel", "ProgType", "StdCode")
def R_66(b: Batch) -> Mask:
    """A funded component aim has no programme aim of its funding model and programme."""
    return funded_parts_without_programme(b)


@rule(Aims, "LearnAimRef", "AimType", "ProgType", "LearnActEndDate", "StdCode")
def R_89(b: Batch) -> Mask:
    """The programme aim ended before one of its component aims."""
    return programmes_ended_before_parts(b)


@rule(Aims, "LearnAimRef", "AimType", "ProgType", "LearnActEndDate", "StdCode")
def R_90(b: Batch) -> Mask:
    """The programme aim has ended and one of its component aims is open."""
    return ended_programmes_with_open_parts(b)


def _since_apprenticeship(b: Batch) -> Dates:
    """Give for each aim the start of its learner's first open funded apprenticeship; or null."""
    first = b.aims.min(b.aims.LearnStartDate, is_open_funded_programme(b))
    return b.aims.of_learner(first)


@rule(Aims, "AimType", "LearnStartDate", "FundModel", "LearnActEndDate")
def R_114(b: Batch) -> Mask:
    """An adult skills funded English or maths aim starts during a funded apprenticeship."""
    starts = b.aims.LearnStartDate
    mask = (starts >= _since_apprenticeship(b)) & (starts <= UNTIL_JULY_2024)
    return dd31.is_english_or_maths(b, mask) if mask.any() else mask


@rule(Aims, "AimType", "LearnStartDate", "FundModel", "LearnActEndDate")
def R_146(b: Batch) -> Mask:
    """An Adult Skills Fund English or maths aim starts during a funded apprenticeship."""
    mask = b.aims.LearnStartDate >= _since_apprenticeship(b)
    return dd40.is_english_or_maths(b, mask) if mask.any() else mask


@rule(Aims, "AimType", "LearnStartDate")
def R_124(b: Batch) -> Mask:
    """A programme aim starts while another programme aim of the learner lasts."""
    return starts_within_another(b, effective_end_2025(b))
