"""Code lists of a user: `code_lists.csv` in a snapshot, which replaces lists of the pack.

Columns: list, code, from, to, complete. A list that has codes here replaces the pack's list of that
name. Rows without a code only say whether the pack's own list is complete (Y) or provisional (N).
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.engine import dates
from ilr_validator.engine.code_lists import CodeList

FILE: Final = "code_lists.csv"
COLUMNS: Final = ("list", "code", "from", "to", "complete")
YES_OR_NO: Final = {"Y": True, "N": False}


@dataclass(frozen=True, slots=True)
class OwnCodeLists:
    """What a user says of code lists."""

    lists: Mapping[str, CodeList] = field(default_factory=dict)
    """Lists that replace the pack's."""
    completeness: Mapping[str, bool] = field(default_factory=dict)
    """For lists of the pack: whether they are complete after all."""

    def over(self, lists: Mapping[str, CodeList]) -> dict[str, CodeList]:
        """Give the lists of a pack with what the user says of them."""
        judged = {
            name: CodeList(one.codes, self.completeness.get(name, one.is_complete))
            for name, one in lists.items()
        }
        return judged | dict(self.lists)


def read_code_lists(lines: Iterable[str]) -> OwnCodeLists:
    """Read the file; raises SnapshotError with the line where it is not as it should be."""
    reader = csv.DictReader(lines, strict=True)
    if reader.fieldnames is None or tuple(reader.fieldnames) != COLUMNS:
        raise SnapshotError("the columns must be list, code, from, to, complete", file=FILE, line=1)
    codes: dict[str, dict[str, tuple[float, float]]] = {}
    complete: dict[str, bool] = {}
    for row in reader:
        name, line = row["list"], reader.line_num
        said = YES_OR_NO.get(row["complete"] or "")
        if not name or said is None or None in row:
            reason = "a row needs a list and Y or N in complete"
            raise SnapshotError(reason, file=FILE, line=line)
        if complete.setdefault(name, said) is not said:
            raise SnapshotError("one list is both complete and not", file=FILE, line=line)
        if row["code"]:
            codes.setdefault(name, {})[row["code"]] = _validity(row, line)
    lists = {name: CodeList(found, complete[name]) for name, found in codes.items()}
    return OwnCodeLists(lists, {name: said for name, said in complete.items() if name not in lists})


def _validity(row: Mapping[str, str], line: int) -> tuple[float, float]:
    ends = {"from": dates.MIN_DATE, "to": dates.MAX_DATE}
    for name in ends:
        if row[name]:
            try:
                ends[name] = dates.parse(row[name])
            except ValueError:
                raise SnapshotError(
                    "not a date of the form 2025-08-01",
                    file=FILE, line=line, column=name, value=row[name],
                ) from None  # fmt: skip
    return ends["from"], ends["to"]
