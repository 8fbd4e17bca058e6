"""Which aims belong to one programme."""

from typing import Final

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null
from ilr_validator.packs.queries.groups import partners

COMPONENT: Final = 3


@derived
def components_and_programmes(b: Batch) -> tuple[Rows, Rows]:
    """Pair each component aim with each programme aim of the same type, framework and standard."""
    aims = b.aims
    keys = (aims.ProgType, aims.StdCode, aims.FworkCode, aims.PwayCode)
    return partners(aims, aims.AimType == COMPONENT, aims.AimType == 1, *keys)


@derived
def latest_programme_aims(b: Batch) -> Mask:
    """Tell for each aim whether it is its learner's programme aim with the latest start."""
    return b.aims.mask(b.aims.row_of_max(b.aims.LearnStartDate, b.aims.AimType == 1))


@derived
def open_parts_of_ended_programmes(b: Batch) -> tuple[Rows, Rows]:
    """Pair each open component aim with its learner's latest programme aim where that has ended."""
    return _parts(b, is_null(b.aims.LearnActEndDate))


@derived
def parts_ended_after_programmes(b: Batch) -> tuple[Rows, Rows]:
    """Pair each component aim with its learner's latest programme aim that ended before it."""
    component, programme = _parts(b, is_known(b.aims.LearnActEndDate))
    ends: Numbers = b.aims.LearnActEndDate
    late = ends[component] > ends[programme]
    return component[late], programme[late]


def _parts(b: Batch, components: Mask) -> tuple[Rows, Rows]:
    component, programme = components_and_programmes(b)
    ended = latest_programme_aims(b) & is_known(b.aims.LearnActEndDate)
    chosen = components[component] & ended[programme]
    return component[chosen], programme[chosen]
