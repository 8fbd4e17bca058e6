"""What the register of the Office for Students says of the provider."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import OfsProviders
from ilr_validator.engine.tables import NO_ROW, Table
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.provider import row_of_provider


def is_registered(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether its provider is in the register."""
    row, _ = row_of_provider(b, b.aims, where, OfsProviders)
    return where & (row != NO_ROW)


def needs_no_funding_fields(b: Batch, table: Table, where: Mask) -> Mask:
    """Tell for each row of `where` whether its provider need not give the funding fields."""
    row, register = row_of_provider(b, table, where, OfsProviders)
    return where & (row != NO_ROW and register.HEFundingFieldsRequired[row] == 0)
