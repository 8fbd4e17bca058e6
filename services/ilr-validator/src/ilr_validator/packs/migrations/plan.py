"""What is done with which part of a record when a year begins: tables in `data`, one line a step.

`where` limits a step to rows in which a field has one of some values (`ProgType=2 3`), or which are
a pair of type and code (`LDM=358 377`). The actions are those of `Action`.
"""

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ilr_validator.packs.data_files import rows_in
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.migrations.entities import Entity
from ilr_validator.packs.pack import Pack, load

TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "2025-26": ("2024-25", "to_2025-26"),
    "2026-27": ("2025-26", "to_2026-27"),
}
"""For each year that can be migrated to: the year before, and its own table."""
EVERY_YEAR: Final = "every_year"
FAMS: Final = "LearnDelFAMType"
PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "LearnerFAM": ("LearnFAMType", "LearnFAMCode"),
    "LearningDeliveryFAM": ("LearnDelFAMType", "LearnDelFAMCode"),
    "EmploymentStatusMonitoring": ("ESMType", "ESMCode"),
}


class Action(StrEnum):
    """What is done with a field, or with a whole entity where the step names no field."""

    ENTER = "enter"
    """Left out: somebody enters it again."""
    DROP = "drop"
    """Left out: the new year does not have it."""
    DECIDE = "decide"
    """Left out: somebody decides what stands there instead."""
    KEEP = "keep"
    """Kept, but somebody looks at it."""
    ASK = "ask"
    """Not there, though wanted where an aim has the values of `where`."""
    RENAME = "rename"
    """Kept under the name in `to`."""
    VALID = "valid"
    """Kept where the code list of the new year has it."""
    CONTINUING = "continuing"
    """Kept on aims that go on."""
    REOPEN = "reopen"
    """On aims that go on, the latest has no end date."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a table."""

    entity: str
    field: str
    where: str
    values: frozenset[str]
    action: Action
    to: str
    why: str

    def fits(self, row: Entity) -> bool:
        """Tell whether the step is for this row."""
        if not self.where:
            return True
        kind, code = PAIRS.get(row.name, ("", ""))
        is_pair = row.fields.get(kind, "").upper() == self.where
        value = row.fields.get(code if is_pair else self.where, "")
        return _plain(value) in self.values


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole change from one year to the next."""

    from_year: str
    pack: Pack
    """The new year's."""
    steps: Mapping[str, tuple[Step, ...]]
    """By entity, in the order in which they are taken."""
    codes: Mapping[str, tuple[float, float]]
    """Types and codes of delivery FAMs in the new year, in capitals, with their validity."""

    @property
    def year_begins(self) -> str:
        """Give the first day of the new year."""
        return f"{self.pack.name[:4]}-08-01"

    @property
    def year_ended(self) -> str:
        """Give the last day of the old year."""
        return f"{self.pack.name[:4]}-07-31"

    def of(self, entity: str) -> tuple[Step, ...]:
        """Give the steps for an entity."""
        return self.steps.get(entity, ())


def load_plan(to_year: str) -> Plan:
    """Read the tables of a change of year; raises PackError where there are none."""
    if to_year not in TABLES:
        raise PackError("no records can be migrated to this year", year=to_year, known=list(TABLES))
    from_year, own = TABLES[to_year]
    folder = importlib.resources.files("ilr_validator.packs.migrations") / "data"
    rows = [row for name in (own, EVERY_YEAR) for row in rows_in(folder / f"{name}.tsv")]
    steps: dict[str, tuple[Step, ...]] = {}
    for row in rows:
        steps[row["entity"]] = (*steps.get(row["entity"], ()), _step(row))
    pack = load(to_year)
    codes = {code.upper(): valid for code, valid in pack.code_lists[FAMS].codes.items()}
    return Plan(from_year, pack, steps, codes)


def _step(row: Mapping[str, str]) -> Step:
    where, _, values = row["where"].partition("=")
    return Step(
        entity=row["entity"],
        field=row["field"],
        where=where,
        values=frozenset(_plain(value) for value in values.split()),
        action=Action(row["action"]),
        to=row["to"] or "",
        why=row["why"] or "",
    )


def _plain(value: str) -> str:
    """Write a code without the zeros that pad it, in capitals."""
    return value.strip().lstrip("0").upper()
