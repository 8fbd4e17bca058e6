"""A snapshot of reference data: a folder of CSV files, frozen and hashed for a run.

`lars_validities.csv` and so on: one file a table, columns as in `engine/reference.py`, dates as
ISO 8601, an empty cell for null. `versions.json` names the version of each source. A table whose
file is not there is absent, and what needs it is not run.
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ilr_validator.engine.objects import columns_of
from ilr_validator.engine.reference import ReferenceTable, reference_tables

VERSIONS: Final = "versions.json"


class SnapshotError(Exception):
    """A snapshot cannot be read: which file, which line, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Reference data as it was at one moment."""

    tables: Mapping[type[ReferenceTable], ReferenceTable] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None
    """SHA-256 over all files, hexadecimal; None where there is no reference data."""


def load_snapshot(folder: Path) -> Snapshot:
    """Read a snapshot.

    Raises SnapshotError where the folder is not there, a file is no table of this product, a column
    is unknown, or a value is not what its column holds.
    """
    if not folder.is_dir():
        raise SnapshotError(f"there is no folder {folder.name} with reference data")
    known = reference_tables()
    digest = hashlib.sha256()
    tables: dict[type[ReferenceTable], ReferenceTable] = {}
    for path in sorted(folder.glob("*.csv")):
        kind = known.get(path.stem)
        if kind is None:
            raise SnapshotError(f"{path.name}: there is no such table")
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
        tables[kind] = _table(kind, path.name, content)
    versions = folder / VERSIONS
    said = json.loads(versions.read_text("utf-8")) if versions.is_file() else {}
    digest.update(json.dumps(said, sort_keys=True).encode())
    return Snapshot(tables, said, digest.hexdigest())


def _table(kind: type[ReferenceTable], name: str, content: bytes) -> ReferenceTable:
    reader = csv.DictReader(content.decode("utf-8-sig").splitlines())
    unknown = set(reader.fieldnames or ()) - set(kind.KINDS)
    if unknown:
        raise SnapshotError(f"{name}: unknown column {', '.join(sorted(unknown))}")
    rows = [{field: value or None for field, value in row.items()} for row in reader]
    try:
        return kind(columns_of(kind, rows), len(rows))
    except ValueError as error:
        raise SnapshotError(f"{name}: {error}") from error
