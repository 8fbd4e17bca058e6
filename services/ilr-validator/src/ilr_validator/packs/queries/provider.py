"""What is known of the file's own provider: looked up once, and the same for every row.

Only rows of `where` are answered; without the table, or without the provider, they are not run.
"""

from typing import TypeVar

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import OfsProviders, Organisations
from ilr_validator.engine.tables import NO_ROW, Table
from ilr_validator.engine.values import Mask

AboutProviders = TypeVar("AboutProviders", Organisations, OfsProviders)


def row_of_provider(
    b: Batch, table: Table, where: Mask, kind: type[AboutProviders]
) -> tuple[int, AboutProviders]:
    """Give the provider's row in a table of providers, or NO_ROW, and that table."""
    found = b.whole(kind, table, where)
    ukprn = b.surroundings.file.ukprn
    if np.isnan(ukprn) and not b.surroundings.is_absent_empty:
        b.mark_not_run(table, where)
    rows = np.flatnonzero(ukprn == found.UKPRN)
    return (int(rows[0]) if len(rows) else NO_ROW), found


def has_legal_type(b: Batch, table: Table, where: Mask, *types: str) -> Mask:
    """Tell whether the provider's legal type is one of these, letter case included."""
    row, found = row_of_provider(b, table, where, Organisations)
    return where & (row != NO_ROW and found.LegalOrgType.at(row) in types)


def is_long_term_residential(b: Batch, table: Table, where: Mask) -> Mask:
    """Tell whether the provider is long-term residential (`IsLongTermResForUkprn`)."""
    row, found = row_of_provider(b, table, where, Organisations)
    return where & (row != NO_ROW and found.LongTermResid[row] == 1)
