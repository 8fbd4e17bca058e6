"""The ONS Postcode Directory: the CSV of the whole of the UK, or the zip in which it comes."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.importing.destination import Destination
from ilr_validator.adapters.reference.importing.source_files import (
    Package,
    SourceRow,
    first_of_month,
    last_of_month,
    opened,
    rows_of,
)
from ilr_validator.engine.reference import OnsPostcodes, Postcodes

MEMBER: Final = re.compile(r"(^|/)Data/ONSPD_[A-Z]{3}_\d{4}(_UK)?\.csv$", re.IGNORECASE)
YEARS: Final = range(20, 40)
WANTED: Final[Mapping[str, list[str]]] = {
    "pcds": ["pcds"],
    "dointr": ["dointr"],
    "doterm": ["doterm"],
    "oslaua": ["oslaua", "laua", *(f"lad{year}cd" for year in YEARS)],
    "lep1": ["lep1", *(f"lep{year}cd1" for year in YEARS), *(f"lep{year}cd" for year in YEARS)],
    "lep2": ["lep2", *(f"lep{year}cd2" for year in YEARS)],
    "nuts": ["nuts", "itl", *(f"itl{year}cd" for year in YEARS)],
}
"""Columns by the name of the long-standing layout, and what later editions call them."""
OPTIONAL: Final = frozenset({"lep1", "lep2", "nuts"})


def import_postcodes(path: Path, into: Destination) -> None:
    """Take in the directory; both tables of postcodes are made of it.

    Raises SnapshotError where the file is not there or not as it should be.
    """
    with ExitStack() as stack:
        into.write("ons_postcodes.csv", list(OnsPostcodes.KINDS), map(_areas, _rows(path, stack)))
    with ExitStack() as stack:
        rows = ([row.needed("pcds").upper()] for row in _rows(path, stack))
        into.write("postcodes.csv", list(Postcodes.KINDS), rows)


def _rows(path: Path, stack: ExitStack) -> Iterator[SourceRow]:
    stream, name = _stream(path, stack)
    rows = rows_of(stream, name, WANTED, optional=OPTIONAL)
    first = next(rows, None)
    return rows if first is None else chain((first,), rows)


def _stream(path: Path, stack: ExitStack) -> tuple[TextIO, str]:
    if path.suffix.lower() == ".csv":
        return stack.enter_context(opened(path)), path.name
    package = Package(path, stack)
    member = next((one for one in package.files() if MEMBER.search(one)), None)
    if member is None:
        raise SnapshotError(
            "the package lacks a file", file=package.name, value="Data/ONSPD_MMM_YYYY_UK.csv"
        )
    return package.open(member), member.rpartition("/")[2]


def _areas(row: SourceRow) -> list[str]:
    """Give the cells of a row; valid from the month of introduction, to the end of the last one."""
    found = {
        "Postcode": row.needed("pcds").upper(),
        "LocalAuthority": row.text("oslaua"),
        "Lep1": row.text("lep1"),
        "Lep2": row.text("lep2"),
        "Nuts": row.text("nuts"),
        "EffectiveFrom": row.read("dointr", first_of_month),
        "EffectiveTo": "",
        "Termination": row.read("doterm", last_of_month),
    }
    return [found[name] for name in OnsPostcodes.KINDS]
