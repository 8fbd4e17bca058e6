"""When returns close, by academic year: data with a mark for what was inferred.

A file belongs to the first return that closes on or after the day on which it was prepared.
"""

import csv
import datetime as dt
import functools
import importlib.resources
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Return:
    """One return of a year."""

    name: str
    """R01 to R14."""
    closes: dt.date
    is_inferred: bool
    """Whether the date follows from the rule of the fourth working day and was not published."""


@functools.cache
def returns(pack: str) -> tuple[Return, ...]:
    """Give the returns of a year in order; none where the pack has no calendar."""
    folder = importlib.resources.files(f"ilr_validator.packs.y{pack.replace('-', '_')}") / "data"
    source = folder / "returns.tsv"
    if not source.is_file():
        return ()
    rows = csv.DictReader(source.read_text("utf-8").splitlines(), delimiter="\t")
    return tuple(
        Return(row["return"], dt.date.fromisoformat(row["closes"]), row["inferred"] == "Y")
        for row in rows
    )


def return_at(pack: str, day: dt.date) -> str | None:
    """Give the return for which a file of this day is meant; the last one after all have closed."""
    of_year = returns(pack)
    return next((one.name for one in of_year if day <= one.closes), None) or (
        of_year[-1].name if of_year else None
    )
