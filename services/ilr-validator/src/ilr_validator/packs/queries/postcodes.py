"""Whether postcodes exist, and how they are written.

Official names: `PostcodesDataService`, `PostcodeQueryService`.
Areas of a postcode are asked with `b.lookup(OnsPostcodes, …)` or `b.lookup(DevolvedPostcodes, …)`.
"""

import re
from typing import Final

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import OnsPostcodes, Postcodes
from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask

FORM: Final = re.compile(r"^[A-Z]{1,2}[0-9][0-9A-Z]?\s[0-9][ABD-HJLNP-UWXYZ]{2}$")


def is_well_formed(postcodes: Text) -> Mask:
    """Tell for each postcode whether it is written as postcodes are (`RegexValid`)."""
    return postcodes.matches(FORM)


def exists(b: Batch, table: Table, where: Mask, postcodes: Text) -> Mask:
    """Tell for each row whether its postcode exists, in whatever case (`PostcodeExists`)."""
    return b.exists(Postcodes, table, where & ~postcodes.is_blank, postcodes)


def ons_exists(b: Batch, table: Table, where: Mask, postcodes: Text) -> Mask:
    """Tell for each row whether the ONS directory has its postcode (`ONSPostcodeExists`)."""
    return b.exists(OnsPostcodes, table, where & ~postcodes.is_blank, postcodes)
