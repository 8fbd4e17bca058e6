"""What is known of the file's provider, asked once for all its aims."""

from collections.abc import Callable
from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import Organisations, ReferenceTable
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd27 import is_college_or_grant_funded
from ilr_validator.packs.queries import organisations

UNIVERSITY: Final = "UHEO"


def asked_once(
    b: Batch, where: Mask, table: type[ReferenceTable], ask: Callable[[Mask], Mask]
) -> Mask:
    """Give every aim of `where` the answer for the first one, as all have the same provider.

    Where the table is absent, none of them can be judged.
    """
    if not where.any():
        return where
    b.whole(table, b.aims, where)
    return where & ask(b.aims.mask(np.flatnonzero(where)[:1])).any()


def is_of_university(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether the provider is a university (legal type UHEO)."""

    def ask(one: Mask) -> Mask:
        provider = organisations.provider(b, b.aims)
        return organisations.legal_type_is(b, b.aims, one, provider, UNIVERSITY)

    return asked_once(b, where, Organisations, ask)


def is_of_college(b: Batch, where: Mask) -> Mask:
    """Tell for each aim of `where` whether its provider is a college or grant funded (DD27)."""
    return asked_once(
        b, where, Organisations, lambda one: is_college_or_grant_funded(b, b.aims, one)
    )
