"""The publisher's own wording and severity of rules, from the workbook or CSV that a user imports.

The product ships none of these sentences. What is imported stands in `official_rules.csv` of the
snapshot: rule, status, severity, message, with the publisher's version in `versions.json`.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError

FILE: Final = "official_rules.csv"
COLUMNS: Final = ("rule", "status", "severity", "message")
NOT_IMPLEMENTED: Final = "not implemented"
DERIVED_DATA: Final = re.compile(r"DD\d+", re.IGNORECASE)
ACROSS_ENTITIES: Final = re.compile(r"r(\d+)")
OTHER_NAMES: Final = {"dateoofbirth_57": "dateofbirth_57", "fd_soc2000_al": "fd_soc_al"}
"""Names that are written wrongly in what is published."""


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


def without_definition(rules: Mapping[str, OfficialRule], known: Collection[str]) -> dict[str, str]:
    """Give the published rules in force that a pack does not know, and why they are not run.

    Names compare without letter case; R06 is R_06; a cell may hold two names. Derived data, which
    are published among the rules, are no rules.
    """
    own = {_plain(name) for name in known}
    return {
        name: NOT_IMPLEMENTED
        for name, one in rules.items()
        if one.is_in_force
        and not DERIVED_DATA.fullmatch(name)
        and not any(plain in own for plain in _plain_names(name))
    }


def wording_of(rules: Mapping[str, OfficialRule], known: Collection[str]) -> dict[str, str]:
    """Give the publisher's message of each rule that a pack knows, under the pack's name of it."""
    own = {_plain(name): name for name in known}
    return {
        own[plain]: one.message
        for name, one in rules.items()
        for plain in _plain_names(name)
        if plain in own and one.message
    }


def _plain_names(cell: str) -> Iterator[str]:
    yield _plain(cell)
    yield from map(_plain, cell.split())


def _plain(name: str) -> str:
    folded = name.casefold()
    across = ACROSS_ENTITIES.fullmatch(folded)
    return f"r_{across[1]}" if across else OTHER_NAMES.get(folded, folded)
