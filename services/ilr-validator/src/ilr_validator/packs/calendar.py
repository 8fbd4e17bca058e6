"""When returns close, by academic year: data with a mark for what was inferred.

A file belongs to the first return that closes on or after the day on which it was prepared.
"""

import csv
import datetime as dt
import functools
import importlib.resources
from dataclasses import dataclass

from ilr_validator.packs.pack import available
from ilr_validator.packs.record_model import load_record_model


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


def open_years(day: dt.date) -> tuple[str, ...]:
    """Give the years by whose rules a learner of this day is checked, oldest first.

    A year is open from 1 August to its last return, so that in autumn two are; each judges by
    itself. The newest year that has rules stays until the next one has: a learner whom no rules
    look at would seem to pass. Years whose record cannot be read are left out.
    """
    begun = [name for name in _readable() if dt.date(int(name[:4]), 8, 1) <= day]
    still = tuple(name for name in begun if day <= returns(name)[-1].closes)
    return still or tuple(begun[-1:])


@functools.cache
def _readable() -> tuple[str, ...]:
    return tuple(name for name in available() if returns(name) and _has_record_model(name))


def _has_record_model(name: str) -> bool:
    try:
        load_record_model(name)
    except LookupError:
        return False
    return True
