"""PwayCode: pathways of apprenticeship frameworks."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null
from ilr_validator.packs.derived.dd07 import is_apprenticeship


@rule(Aims, "PwayCode", "ProgType")
def PwayCode_02(b: Batch) -> Mask:
    """A pathway stands on an aim that is not part of an apprenticeship framework."""
    frameworks = is_apprenticeship(b) & (b.aims.ProgType != 25)
    return is_known(b.aims.PwayCode) & ~frameworks


@rule(Aims, "PwayCode", "ProgType")
def PwayCode_03(b: Batch) -> Mask:
    """An aim of an apprenticeship framework has no pathway."""
    frameworks = is_apprenticeship(b) & (b.aims.ProgType != 25)
    return is_null(b.aims.PwayCode) & frameworks
