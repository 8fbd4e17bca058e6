"""What is known of the file's provider."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd27 import is_college_or_grant_funded
from ilr_validator.packs.queries.provider import has_legal_type

UNIVERSITY: Final = "UHEO"


def is_of_university(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether the provider is a university (legal type UHEO)."""
    return has_legal_type(b, b.aims, where, UNIVERSITY)


def is_of_college(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether its provider is a college or grant funded (DD27)."""
    return is_college_or_grant_funded(b, b.aims, where)


def is_of_college_alone(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether its provider is one of those, and no university."""
    mask = where & is_of_college(b, where)
    return mask & ~is_of_university(b, mask)
