"""Facts of the file as rules report them."""

from typing import Final

from ilr_validator.engine import dates
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.rule import Parameter
from ilr_validator.engine.values import Rows


def _preparation_date(b: Batch, rows: Rows) -> list[str]:
    return [dates.display(b.preparation_date)] * len(rows)


FILE_PREP_DATE: Final[Parameter] = ("FilePrepDate", _preparation_date)
"""The file preparation date, under the name that rules give it."""
