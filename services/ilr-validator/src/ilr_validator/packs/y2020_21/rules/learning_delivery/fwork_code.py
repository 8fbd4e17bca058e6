"""FworkCode: the framework of an apprenticeship."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries.lars import has_framework, is_shared_component


def _is_framework(b: Batch) -> Mask:
    return (b.aims.ProgType != 25) & is_apprenticeship(b)


@rule(Aims, "ProgType")
def FworkCode_01(b: Batch) -> Mask:
    """An aim of an apprenticeship framework names no framework."""
    return is_null(b.aims.FworkCode) & _is_framework(b)


@rule(Aims, "FworkCode")
def FworkCode_02(b: Batch) -> Mask:
    """A framework is named on an aim that is not part of one."""
    prog_types = b.aims.ProgType
    return is_known(b.aims.FworkCode) & (is_null(prog_types) | one_of(prog_types, 24, 25))


@rule(Aims, "ProgType", "FworkCode", "PwayCode")
def FworkCode_05(b: Batch) -> Mask:
    """The aim is no component of the framework that it names."""
    mask = (b.aims.AimType == 3) & _is_framework(b)
    if not mask.any():
        return mask
    mask = mask & ~has_framework(b, mask)
    return mask & ~is_shared_component(b, mask)
