"""DD27: whether the provider is a college or grant funded (`DerivedData_27Rule`)."""

from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.tables import Table
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.provider import has_legal_type

LEGAL_TYPES: Final = (
    "USFC", "USDC", "USAH", "USAD", "UGFE", "UHEO", "ULEA", "ULAD", "USCL", "LAFB", "UFES", "SSPS",
)  # fmt: skip


def is_college_or_grant_funded(b: Batch, table: Table, where: Mask) -> Mask:
    """Tell the rows of `where` whether the file's provider has such a legal type."""
    return has_legal_type(b, table, where, *LEGAL_TYPES)
