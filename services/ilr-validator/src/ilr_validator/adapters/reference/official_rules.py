"""The publisher's own wording and severity of rules, from the workbook or CSV that a user imports.

The product ships none of these sentences. What is imported stands in `official_rules.csv` of the
snapshot: rule, status, severity, message, with the publisher's version in `versions.json`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError

FILE: Final = "official_rules.csv"
COLUMNS: Final = ("rule", "status", "severity", "message")


@dataclass(frozen=True, slots=True)
class OfficialRule:
    """What the publisher says of one rule."""

    name: str
    status: str
    """Active, New, Changed or Deleted."""
    severity: str
    """E error, W warning, empty where none is said."""
    message: str

    @property
    def is_in_force(self) -> bool:
        """Tell whether the rule has not been deleted."""
        return self.status.casefold() != "deleted"


def read_official_rules(lines: Iterable[str]) -> dict[str, OfficialRule]:
    """Read the file of a snapshot; raises SnapshotError where it is not as it should be."""
    reader = csv.DictReader(lines, strict=True)
    if reader.fieldnames is None or tuple(reader.fieldnames) != COLUMNS:
        reason = "the columns must be rule, status, severity, message"
        raise SnapshotError(reason, file=FILE, line=1)
    return {
        row["rule"]: OfficialRule(row["rule"], row["status"], row["severity"], row["message"])
        for row in reader
    }
