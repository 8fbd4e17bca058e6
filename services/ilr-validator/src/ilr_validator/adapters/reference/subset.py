"""Cuts a snapshot down to the rows that one file needs, and freezes them."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import numpy as np

from ilr_validator.adapters.reference import code_list_file, official_rules
from ilr_validator.adapters.reference.csv_tables import cells
from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.file_keys import FileKeys
from ilr_validator.adapters.reference.importing.destination import importing
from ilr_validator.adapters.reference.snapshot import VERSIONS, Snapshot
from ilr_validator.engine.reference import Contracts, PriorYearLearners, ReferenceTable
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Rows

KEYS: Final[Mapping[str, str]] = {
    "LearnAimRef": "LearnAimRef",
    "StandardCode": "StdCode",
    "FworkCode": "FworkCode",
    "Postcode": "Postcode",
    "UKPRN": "UKPRN",
    "DeliveryUKPRN": "UKPRN",
    "CampusIdentifier": "CampId",
    "ContractAllocationNumber": "ConRefNumber",
    "ILRContractRefNumber": "ConRefNumber",
    "EmpId": "EmpId",
    "EPAOrgID": "EPAOrgID",
    "ULN": "ULN",
    "LearnRefNumber": "LearnRefNumber",
}
"""For the key column of a table the kind of key that a file has for it."""
BESIDE: Final = (code_list_file.FILE, official_rules.FILE, VERSIONS)


def subset(snapshot: Snapshot, folder: Path, keys: FileKeys, into: Path) -> dict[str, int]:
    """Write the rows of a snapshot that a file needs to a new folder; give the rows of each table.

    `folder` is the snapshot's. Raises SnapshotError where the new folder is there already.
    """
    if into.exists():
        raise SnapshotError("is there already", file=into.name)
    wanted = {name: set(found) for name, found in keys.found.items()}
    contracts = snapshot.tables.get(Contracts)
    if isinstance(contracts, Contracts):
        rows = _rows(contracts, "DeliveryUKPRN", wanted["UKPRN"])
        numbers = contracts.ContractAllocationNumber.take(rows)
        wanted["ConRefNumber"] |= {numbers.at(row) or "" for row in range(len(numbers))}
    into.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=".subset-", dir=into.parent))
    try:
        counts = _write(snapshot, work, wanted)
        for name in BESIDE:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, work / name)
        work.chmod(0o755)
        work.rename(into)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts


def _write(snapshot: Snapshot, work: Path, wanted: Mapping[str, set[str]]) -> dict[str, int]:
    counts = {}
    with importing(work, "subset", "of one file") as destination:
        for kind, table in snapshot.tables.items():
            rows = _rows(table, kind.KEY, wanted[KEYS[kind.KEY]])
            if kind is PriorYearLearners:
                rows = np.union1d(rows, _rows(table, "ULN", wanted["ULN"]))
            destination.write(f"{kind.ENTITY}.csv", list(kind.KINDS), cells(kind, table, rows))
            counts[kind.ENTITY] = len(rows)
    return counts


def _rows(table: ReferenceTable, column: str, wanted: set[str]) -> Rows:
    """Give the rows whose key is wanted, in the order of the table."""
    if isinstance(getattr(table, column), Text):
        _, rows = table.matching(Text.of(sorted(wanted)), column)
    else:
        numbers = [float(one) for one in sorted(wanted) if one.isdecimal()]
        _, rows = table.matching(np.array(numbers, np.float64), column)
    return np.unique(rows)
