"""What the register of the Office for Students says of the provider."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import OfsProviders
from ilr_validator.engine.tables import Table
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.organisations import provider
from ilr_validator.packs.y2020_21.rules.he.provider import asked_once


def is_registered(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether its provider is in the register."""
    return asked_once(
        b, where, OfsProviders, lambda one: b.exists(OfsProviders, b.aims, one, provider(b, b.aims))
    )


def needs_no_funding_fields(b: Batch, table: Table, where: Mask) -> Mask:
    """Tell for each row of `where` whether its provider need not give the funding fields."""
    rows, others, register = b.lookup(OfsProviders, table, where, provider(b, table))
    return table.mask(rows[register.HEFundingFieldsRequired[others] == 0])
