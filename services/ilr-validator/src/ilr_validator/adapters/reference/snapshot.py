"""A snapshot of reference data: a folder of CSV files, frozen and hashed for a run.

`lars_validities.csv` and so on: one file a table, columns as in `engine/reference.py`, dates as
ISO 8601, an empty cell for null. A table whose file is not there is absent, and what needs it is
not run. Beside them may stand `versions.json` (the version of each source), `code_lists.csv` (lists
of the user) and `official_rules.csv` (the publisher's wording of rules).
"""

import hashlib
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ilr_validator.adapters.reference import code_list_file, compact_form, official_rules
from ilr_validator.adapters.reference.code_list_file import OwnCodeLists, read_code_lists
from ilr_validator.adapters.reference.csv_tables import read_table
from ilr_validator.adapters.reference.errors import SnapshotError as SnapshotError  # noqa: PLC0414
from ilr_validator.adapters.reference.official_rules import OfficialRule, read_official_rules
from ilr_validator.engine.reference import ReferenceTable, reference_tables

VERSIONS: Final = "versions.json"
BIG: Final = 2 * 1024 * 1024
"""From so many bytes on, a table is kept in compact form."""
CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Reference data as it was at one moment."""

    tables: Mapping[type[ReferenceTable], ReferenceTable] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None
    """SHA-256 over all files, hexadecimal; None where there is no reference data."""
    code_lists: OwnCodeLists = field(default_factory=OwnCodeLists)
    official_rules: Mapping[str, OfficialRule] = field(default_factory=dict)
    """The publisher's wording and severity of rules, by name, where it was imported."""


def load_snapshot(folder: Path) -> Snapshot:
    """Read a snapshot.

    Raises SnapshotError where the folder is not there, a file is no table of this product, a column
    is unknown, or a value is not what its column holds.
    """
    if not folder.is_dir():
        raise SnapshotError("there is no such folder with reference data", value=folder.name)
    known = reference_tables()
    digest = hashlib.sha256()
    tables: dict[type[ReferenceTable], ReferenceTable] = {}
    lists, rules = OwnCodeLists(), dict[str, OfficialRule]()
    for path in sorted(folder.glob("*.csv")):
        own = _hash(path)
        digest.update(f"{path.name}\0{own}\0".encode())
        if path.name == code_list_file.FILE:
            with _lines(path) as lines:
                lists = read_code_lists(lines)
        elif path.name == official_rules.FILE:
            with _lines(path) as lines:
                rules = read_official_rules(lines)
        elif path.stem in known:
            tables[known[path.stem]] = _table(known[path.stem], path, own)
        else:
            raise SnapshotError("there is no such table", file=path.name)
    versions = read_versions(folder)
    digest.update(json.dumps(versions, sort_keys=True).encode())
    return Snapshot(tables, versions, digest.hexdigest(), lists, rules)


def read_versions(folder: Path) -> dict[str, str]:
    """Give the version of each source of a snapshot; nothing where none is said.

    Raises SnapshotError where `versions.json` is no object of texts.
    """
    path = folder / VERSIONS
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text("utf-8"))
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise SnapshotError("must be one object of texts", file=VERSIONS)
    return said


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _lines(path: Path) -> io.TextIOWrapper:
    return path.open(encoding="utf-8-sig", newline="")


def _table(kind: type[ReferenceTable], path: Path, own: str) -> ReferenceTable:
    is_big = path.stat().st_size >= BIG
    place = path.parent / compact_form.FOLDER / f"{path.stem}-{own[:16]}"
    if is_big:
        kept = compact_form.load(kind, place)
        if kept is not None:
            return kept
    with _lines(path) as lines:
        table = read_table(kind, path.name, lines)
    if not is_big:
        return table
    with suppress(OSError):  # a folder that cannot be written to: read from the CSV each time
        compact_form.save(table, place)
    return compact_form.load(kind, place) or table
