"""Aims of Skills Bootcamps: a programme, its subjects and its events, by contract reference."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import add_months, day
from ilr_validator.engine.record import Aims, FAMs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, is_known, is_null
from ilr_validator.packs.queries import lars, pairs
from ilr_validator.packs.queries.aims import is_of_programme, is_of_type
from ilr_validator.packs.queries.fams import fams_of, has_fam
from ilr_validator.packs.queries.groups import partners

SKILLS_BOOTCAMP = 32
COMPONENT = 3
COMPLETED = 2
SUBJECT = 62
"""The LARS category of the subject aims."""
MAIN_EVENT_AIMS = ("Z0059747", "Z0059748", "Z0059749")
EVENT_AIMS = (
    *MAIN_EVENT_AIMS, "Z0060439", "Z0009541", "Z0060440", "Z0060441", "Z0060442", "Z0060443",
)  # fmt: skip
FROM_2023, FROM_2024, FROM_2025 = day(2023, 8, 1), day(2024, 8, 1), day(2025, 8, 1)

CONTRACT_FIELDS = ("AimType", "ProgType", "FundModel", "ConRefNumber")


@derived
def _programmes(b: Batch) -> Mask:
    return is_of_programme(b, SKILLS_BOOTCAMP) & is_of_type(b, 1)


@derived
def _components(b: Batch) -> Mask:
    return is_of_programme(b, SKILLS_BOOTCAMP) & is_of_type(b, COMPONENT)


def _same_contract(b: Batch, left: Mask, right: Mask) -> tuple[Rows, Rows]:
    """Pair aims of a learner that have the same contract reference."""
    return partners(b.aims, left, right, b.aims.ConRefNumber.folded)


@derived
def _parts_and_programmes(b: Batch) -> tuple[Rows, Rows]:
    """Pair component and programme aims of the same contract reference and funding model."""
    keys = (b.aims.FundModel, b.aims.ConRefNumber.folded)
    return partners(b.aims, _components(b), _programmes(b), *keys)


@rule(Aims, *CONTRACT_FIELDS)
def R_135(b: Batch) -> Mask:
    """A Skills Bootcamp component aim has no programme aim of its contract and funding model."""
    return _components(b) & ~b.aims.mask(_parts_and_programmes(b)[0])


@rule(Aims, *CONTRACT_FIELDS)
def R_136(b: Batch) -> Mask:
    """A Skills Bootcamp programme aim has no component aim of its contract and funding model."""
    return _programmes(b) & ~b.aims.mask(_parts_and_programmes(b)[1])


@rule(Aims, "ProgType", "AimType", "CompStatus", "AchDate", "LearnAimRef")
def R_138(b: Batch) -> Mask:
    """A completed Skills Bootcamp has neither an achievement date nor an event aim."""
    aims = b.aims
    mask = aims.mask(aims.row_of_max(aims.LearnStartDate, _programmes(b)))
    mask = mask & (aims.LearnStartDate < FROM_2025) & (aims.CompStatus == COMPLETED)
    mask = mask & is_null(aims.AchDate)
    if not mask.any():
        return mask
    mask = mask & ~aims.of_learner(aims.any(aims.LearnAimRef.is_any(*MAIN_EVENT_AIMS)))
    if not mask.any():
        return mask
    return mask & ~(b.preparation_date > add_months(aims.LearnActEndDate, 6))


def _with_subject(b: Batch, programmes: Mask, components: Mask) -> Mask:
    """Tell which programme aims have one of the components as a subject of the same contract."""
    subject, programme = _same_contract(b, components, programmes)
    asked = b.aims.mask(subject)
    is_subject = lars.has_category_at(b, asked, b.aims.LearnStartDate, SUBJECT)
    return b.aims.mask(programme[is_subject[subject]])


@rule(Aims, "ProgType", "AimType", "CompStatus", "LearnAimRef", "LearnActEndDate")
def R_139(b: Batch) -> Mask:
    """A completed Skills Bootcamp has no subject aim that has ended."""
    mask = _programmes(b) & (b.aims.CompStatus == COMPLETED)
    if not mask.any():
        return mask
    ended = is_of_type(b, COMPONENT) & is_known(b.aims.LearnActEndDate)
    return mask & ~_with_subject(b, mask, ended)


@rule(Aims, "ProgType", "AimType", "LearnActEndDate", "LearnAimRef")
def R_141(b: Batch) -> Mask:
    """An open Skills Bootcamp has no subject aim."""
    mask = _programmes(b) & is_null(b.aims.LearnActEndDate)
    if not mask.any():
        return mask
    return mask & ~_with_subject(b, mask, is_of_type(b, COMPONENT))


@derived
def _parts_and_latest_programmes(b: Batch) -> tuple[Rows, Rows]:
    """Pair each component aim with the latest programme aim of its contract and funding model."""
    component, programme = _parts_and_programmes(b)
    starts = b.aims.LearnStartDate[programme]
    latest = pairs.first_of_greatest(b.aims.size, component, programme, starts)
    chosen = latest[component] == programme
    return component[chosen], programme[chosen]


@rule(Aims, "ProgType", "AimType", "LearnActEndDate", "FundModel", "ConRefNumber")
def R_140(b: Batch) -> Mask:
    """A component aim of a Skills Bootcamp is open and its programme aim has ended."""
    component, programme = _parts_and_latest_programmes(b)
    ends = b.aims.LearnActEndDate
    return b.aims.mask(component[is_null(ends[component]) & is_known(ends[programme])])


@rule(
    Aims, "LearnAimRef", "AimType", "ProgType", "LearnActEndDate", "FundModel", "ConRefNumber"
)  # fmt: skip
def R_143(b: Batch) -> Mask:
    """The programme aim of a Skills Bootcamp ended before one of its component aims."""
    component, programme = _parts_and_latest_programmes(b)
    ends = b.aims.LearnActEndDate
    return b.aims.mask(programme[ends[programme] < ends[component]])


@derived
def _earliest_start(b: Batch) -> Dates:
    """Give for aims of Skills Bootcamp learners the first programme start of their contract."""
    learners = b.aims.any(_programmes(b))
    concerned = b.aims.of_learner(learners)
    one, other = _same_contract(b, concerned, concerned & is_of_type(b, 1))
    return pairs.least(b.aims.size, one, b.aims.LearnStartDate[other])


@rule(Aims, "LearnStartDate", "ProgType", "AchDate", "AimType", "ConRefNumber")
def R_144(b: Batch) -> Mask:
    """A Skills Bootcamp was achieved before the first programme aim of its contract started."""
    mask = _programmes(b) & (b.aims.LearnStartDate >= FROM_2023) & is_known(b.aims.AchDate)
    return mask & (b.aims.AchDate < _earliest_start(b)) if mask.any() else mask


def _before_programme(b: Batch, aims: Mask, programmes: Mask) -> Mask:
    """Tell which aims start before all programme aims of a contract with one of `programmes`."""
    one, _ = _same_contract(b, aims, programmes)
    return b.aims.mask(one) & (b.aims.LearnStartDate < _earliest_start(b))


@rule(Aims, "AimType", "ProgType", "LearnStartDate", "LearnAimRef", "ConRefNumber")
def R_149(b: Batch) -> Mask:
    """A subject aim of a Skills Bootcamp starts before its programme."""
    programmes = _programmes(b) & (b.aims.LearnStartDate >= FROM_2024)
    if not programmes.any():
        return programmes
    mask = _before_programme(b, is_of_type(b, COMPONENT), programmes)
    return mask & lars.has_category(b, mask, SUBJECT)


@rule(Aims, "AimType", "ProgType", "LearnStartDate", "LearnAimRef", "ConRefNumber")
def R_150(b: Batch) -> Mask:
    """An event aim of a Skills Bootcamp starts before its programme."""
    starts = b.aims.LearnStartDate
    programmes = _programmes(b) & (starts >= FROM_2024) & (starts < FROM_2025)
    if not programmes.any():
        return programmes
    return _before_programme(b, b.aims.LearnAimRef.is_any(*EVENT_AIMS), programmes)


@rule(Aims, "ProgType", "AimType", "LearnStartDate", "ConRefNumber", ("LearnDelFAMType", "EVI"))
def R_152(b: Batch) -> Mask:
    """A Skills Bootcamp that started before August 2025 has an event indicator."""
    mask = _programmes(b) & has_fam(b, "EVI")
    return mask & (_earliest_start(b) < FROM_2025) if mask.any() else mask


@rule(
    FAMs,
    "ProgType",
    "AimType",
    "LearnStartDate",
    "ConRefNumber",
    "LearnDelFAMType",
    "LearnDelFAMDateFrom",
)
def R_153(b: Batch) -> Mask:
    """The event indicator of a Skills Bootcamp applies from before August 2025."""
    mask = fams_of(b, "EVI") & (b.fams.LearnDelFAMDateFrom < FROM_2025)
    if not mask.any():
        return mask
    return mask & b.fams.of_parent(_programmes(b) & (_earliest_start(b) >= FROM_2025))


@rule(Aims, "ProgType", "AimType", "LearnStartDate", "ConRefNumber", "LearnAimRef")
def R_154(b: Batch) -> Mask:
    """A Skills Bootcamp that started since August 2025 has an event aim."""
    programmes = _programmes(b) & (_earliest_start(b) >= FROM_2025)
    if not programmes.any():
        return programmes
    events = is_of_type(b, COMPONENT) & b.aims.LearnAimRef.is_any(*EVENT_AIMS)
    return b.aims.mask(_same_contract(b, events, programmes)[0])
