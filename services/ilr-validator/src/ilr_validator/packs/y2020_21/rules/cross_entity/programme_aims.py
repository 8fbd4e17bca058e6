"""Programme aims and the components that belong to them."""

from collections.abc import Callable, Sequence

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import Parameter, rule
from ilr_validator.engine.values import Dates, Mask, Rows, is_known, is_null, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd31 import ENGLISH_AND_MATHS, is_english_or_maths
from ilr_validator.packs.derived.dd32 import is_open_funded_programme
from ilr_validator.packs.derived.dd36 import effective_end
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.groups import all_repeated, numbered, partners
from ilr_validator.packs.queries.programmes import (
    components_and_programmes,
    open_parts_of_ended_programmes,
    parts_ended_after_programmes,
)

STANDARD = 25
NOT_FUNDED = 99
PROGRAMME, COMPONENT, CORE = 1, 3, 5
COMPETENCY = (1, 3)


def as_text(*names: str) -> list[Parameter]:
    """Make parameters of fields that the official rule sends as text, empty where null."""

    def of(name: str) -> Callable[[Batch, Rows], Sequence[str]]:
        def texts(b: Batch, rows: Rows) -> Sequence[str]:
            values = getattr(b.aims, name)[rows]
            return ["" if np.isnan(value) else str(int(value)) for value in values]

        return texts

    return [(name, of(name)) for name in names]


@rule(Aims, "AimType", "LearnStartDate", "LearnActEndDate")
def R20(b: Batch) -> Mask:
    """Competency aims of an apprenticeship framework overlap."""
    aims = b.aims
    mask = is_apprenticeship(b) & (aims.ProgType != STANDARD) & (aims.AimType == COMPONENT)
    if not mask.any():
        return mask
    mask = lars.has_framework_component_at(b, mask, aims.LearnStartDate, *COMPETENCY)
    mask &= aims.of_learner(aims.count(mask) > 1)
    rows = np.flatnonzero(mask)
    found, learner, end = [], -1, np.nan
    for row in rows[np.lexsort((aims.LearnStartDate[rows], aims.parent[rows]))]:
        is_first = aims.parent[row] != learner
        if is_first or not aims.LearnStartDate[row] >= end:
            learner, end = aims.parent[row], aims.LearnActEndDate[row]
            found += [] if is_first else [row]
    return aims.mask(np.array(found, np.intp))


@rule(Aims, *as_text("ProgType", "FworkCode", "PwayCode"))
def R30(b: Batch) -> Mask:
    """A component aim has no programme aim of its programme type, framework and pathway."""
    aims = b.aims
    keys = (aims.ProgType, aims.FworkCode, aims.PwayCode)
    components = (aims.AimType == COMPONENT) & (aims.ProgType != STANDARD)
    matched, _ = partners(aims, components, aims.AimType == PROGRAMME, *keys)
    return first_of_programme(b, components & ~aims.mask(matched), *keys)


def first_of_programme(b: Batch, mask: Mask, *keys: np.ndarray) -> Mask:
    """Keep of a mask the first aim of each programme of a learner, as the keys tell programmes."""
    rows = np.flatnonzero(mask)
    if not len(rows):
        return mask
    programmes = numbered(b.aims.parent[rows], *(key[rows] for key in keys))
    _, firsts = np.unique(programmes, return_index=True)
    return b.aims.mask(rows[firsts])


@rule(
    Aims,
    ("AimType", PROGRAMME),
    *as_text("ProgType", "FworkCode", "PwayCode", "StdCode", "LearnActEndDate"),
)
def R31(b: Batch) -> Mask:
    """An open programme aim has no component aim of its programme type, framework and pathway."""
    aims = b.aims
    keys = (aims.ProgType, aims.FworkCode, aims.PwayCode)
    programmes = (aims.AimType == PROGRAMME) & is_null(aims.LearnActEndDate)
    parts = one_of(aims.AimType, COMPONENT, CORE)
    matched, _ = partners(aims, programmes, parts, *keys)
    return first_of_programme(b, programmes & ~aims.mask(matched), *keys)


PROGRAMME_FIELDS = ("ProgType", "FworkCode", "PwayCode", "StdCode")


@rule(Aims, "AimType", "FundModel", *PROGRAMME_FIELDS, "LearnActEndDate")
def R56(b: Batch) -> Rows:
    """A funded component aim belongs to an open programme aim that is not funded."""
    return funded_parts_of_unfunded_programmes(b)


def funded_parts_of_unfunded_programmes(b: Batch) -> Rows:
    """Give the funded component aims, once for each open non-funded programme aim of theirs."""
    component, programme = components_and_programmes(b)
    unfunded = b.aims.FundModel == NOT_FUNDED
    hits = (unfunded & is_null(b.aims.LearnActEndDate))[programme] & ~unfunded[component]
    return component[hits]


@rule(
    Aims,
    "AimType",
    "LearnStartDate",
    "FundModel",
    "ProgType",
    "FworkCode",
    "PwayCode",
    "CompStatus",
    "Outcome",
)
def R64(b: Batch) -> Rows:
    """More than one funded competency aim of an apprenticeship framework is achieved."""
    aims = b.aims
    mask = (aims.ProgType != STANDARD) & (aims.CompStatus == 2) & (aims.Outcome == 1)
    mask &= (aims.AimType == COMPONENT) & one_of(aims.FundModel, 35, 36)
    if not mask.any():
        return np.flatnonzero(mask)
    mask = lars.has_framework_component(b, mask, *COMPETENCY)
    keys = (aims.ProgType, aims.FworkCode, aims.PwayCode, aims.FundModel)
    rows, _ = all_repeated(mask, aims.parent, *keys)
    return rows


@rule(Aims, "AimType", "FundModel", *PROGRAMME_FIELDS)
def R66(b: Batch) -> Mask:
    """A funded component aim has no programme aim of its funding model and programme."""
    return funded_parts_without_programme(b)


def funded_parts_without_programme(b: Batch) -> Mask:
    """Tell which funded component aims have no programme aim of the same funding and programme."""
    component, programme = components_and_programmes(b)
    alike = b.aims.FundModel[component] == b.aims.FundModel[programme]
    funded = (b.aims.AimType == COMPONENT) & (b.aims.FundModel != NOT_FUNDED)
    return funded & ~b.aims.mask(component[alike])


def _but_english_or_maths(b: Batch, pairs: tuple[Rows, Rows]) -> Mask:
    """Give the programme aims of pairs whose component is not English or maths by LARS."""
    component, programme = pairs
    components = b.aims.mask(component)
    if not components.any():
        return components
    exempt = lars.has_basic_skills_type(b, components, *ENGLISH_AND_MATHS)
    return b.aims.mask(programme[~exempt[component]])


def programmes_ended_before_parts(b: Batch) -> Mask:
    """Tell which latest programme aims ended before a component, English and maths left out."""
    return _but_english_or_maths(b, parts_ended_after_programmes(b))


def ended_programmes_with_open_parts(b: Batch) -> Mask:
    """Tell which latest programme aims ended with an open component, English and maths left out."""
    return _but_english_or_maths(b, open_parts_of_ended_programmes(b))


@rule(Aims, "LearnAimRef", "AimType", *PROGRAMME_FIELDS, "LearnActEndDate")
def R89(b: Batch) -> Mask:
    """The programme aim ended before one of its component aims."""
    return programmes_ended_before_parts(b)


@rule(Aims, "LearnAimRef", "AimType", *PROGRAMME_FIELDS, "LearnActEndDate")
def R90(b: Batch) -> Mask:
    """The programme aim has ended and one of its component aims is open."""
    return ended_programmes_with_open_parts(b)


@rule(Aims, "AimType", "LearnStartDate", "LearnActEndDate")
def R99(b: Batch) -> Mask:
    """The learner has more than one open programme aim."""
    programmes = (b.aims.AimType == PROGRAMME) & is_null(b.aims.LearnActEndDate)
    return programmes & b.aims.of_learner(b.aims.count(programmes) > 1)


@rule(Aims, "AimType", "LearnStartDate", "FundModel", "LearnActEndDate")
def R114(b: Batch) -> Mask:
    """An adult skills funded English or maths aim starts during a funded apprenticeship."""
    starts = b.aims.LearnStartDate
    since = b.aims.of_learner(b.aims.min(starts, is_open_funded_programme(b)))
    mask = is_known(since)
    return is_english_or_maths(b, mask) & (starts >= since) if mask.any() else mask


@rule(Aims, "AimType", "LearnStartDate")
def R124(b: Batch) -> Mask:
    """A programme aim starts while another programme aim of the learner lasts."""
    return starts_within_another(b, effective_end(b))


def starts_within_another(b: Batch, ends: Dates) -> Mask:
    """Tell which programme aims start from the start to the end of another of the learner."""
    programmes = b.aims.AimType == PROGRAMME
    programmes = programmes & b.aims.of_learner(b.aims.count(programmes) > 1)
    one, other = b.aims.siblings(programmes, programmes)
    one, other = one[one != other], other[one != other]
    starts = b.aims.LearnStartDate
    during = (starts[one] >= starts[other]) & (starts[one] <= ends[other])
    return b.aims.mask(one[during])
