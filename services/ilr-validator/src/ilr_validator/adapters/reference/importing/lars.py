"""The Learning Aims Reference Service as the DfE publishes it: a zip of CSV files.

File and column names are those of the package of schema version 12 (2026); older packages differ in
columns that are not read here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.importing.destination import Destination
from ilr_validator.adapters.reference.importing.source_files import Package, SourceRow, rows_of
from ilr_validator.engine.reference import (
    LarsAims,
    LarsAnnualValues,
    LarsCategories,
    LarsFrameworkCommonComponents,
    LarsFrameworks,
    LarsSectionTypes,
    LarsStandardFundings,
    LarsStandards,
    LarsStandardValidities,
    LarsValidities,
    ReferenceTable,
)
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates

NEEDED: Final[Mapping[str, type[ReferenceTable]]] = {
    "LearningDelivery.csv": LarsAims,
    "Validity.csv": LarsValidities,
    "LearningDeliveryCategory.csv": LarsCategories,
    "AnnualValue.csv": LarsAnnualValues,
    "Standard.csv": LarsStandards,
    "StandardValidity.csv": LarsStandardValidities,
    "StandardFunding.csv": LarsStandardFundings,
}
COMPONENTS: Final = "FrameworkCmnComp.csv"
LATER: Final = frozenset({"ApprenticeshipStandardTypeCode", "GuidedLearningHours"})
"""Columns that older packages do not have."""
FACTS: Final = ("LearningDeliveryGenre",)
"""Further facts of an aim that rules ask for by name."""


def import_lars(path: Path, into: Destination) -> None:
    """Take in the package: a zip, or the folder that it was unpacked to.

    Raises SnapshotError where a file or a column is missing, or a value is not what it should be.
    """
    with ExitStack() as stack:
        package = Package(path, stack)
        for name, kind in NEEDED.items():
            if package.find(name) is None:
                raise SnapshotError("the package lacks a file", file=package.name, value=name)
            into.write(
                f"{kind.ENTITY}.csv", list(kind.KINDS), _cells(kind, _rows(package, name, kind))
            )
        into.write(f"{LarsSectionTypes.ENTITY}.csv", list(LarsSectionTypes.KINDS), _facts(package))
        if package.find("Framework.csv") and package.find("FrameworkAims.csv"):
            into.write(
                f"{LarsFrameworks.ENTITY}.csv", list(LarsFrameworks.KINDS), _frameworks(package)
            )
        if package.find(COMPONENTS):
            kind = LarsFrameworkCommonComponents
            rows = _rows(package, COMPONENTS, kind)
            into.write(f"{kind.ENTITY}.csv", list(kind.KINDS), _cells(kind, rows))


def lars_version(path: Path) -> str:
    """Give the version that the package says of itself; its name where it says none."""
    with ExitStack() as stack:
        package = Package(path, stack)
        names = ("MajorNumber", "MinorNumber", "MaintenanceNumber")
        version = [_first(package, "Version.csv", name) for name in names]
        made = _first(package, "DataGeneration.csv", "DataGeneratedOn")
        said = ".".join(part for part in version if part)
        return " of ".join(part for part in (said, made) if part) or package.name


def _first(package: Package, file: str, column: str) -> str:
    member = package.find(file)
    if member is None:
        return ""
    with package.open(member) as stream:
        row = next(rows_of(stream, member, {column: [column]}, optional=frozenset({column})), None)
        return row.text(column) if row else ""


def _rows(package: Package, name: str, kind: type[ReferenceTable]) -> Iterator[SourceRow]:
    yield from _columns(package, name, kind.KINDS, optional=LATER)


def _columns(
    package: Package, name: str, columns: Iterable[str], optional: frozenset[str] = frozenset()
) -> Iterator[SourceRow]:
    member = package.find(name)
    if member is None:
        return
    with package.open(member) as stream:
        wanted = {column: [column] for column in columns}
        yield from rows_of(stream, member.rpartition("/")[2], wanted, optional=optional)


def _cells(kind: type[ReferenceTable], rows: Iterable[SourceRow]) -> Iterator[list[str]]:
    for row in rows:
        row.needed(kind.KEY)
        yield [_cell(row, name, sort) for name, sort in kind.KINDS.items()]


def _cell(row: SourceRow, name: str, sort: object) -> str:
    if sort is Text:
        return row.text(name)
    return row.date(name) if sort == Dates else row.number(name)


def _facts(package: Package) -> Iterator[list[str]]:
    columns = ("LearnAimRef", "EffectiveFrom", "EffectiveTo", *FACTS)
    for row in _columns(package, "LearningDelivery.csv", columns):
        for name in FACTS:
            if row.text(name):
                dates = [row.date("EffectiveFrom"), row.date("EffectiveTo")]
                yield [row.text("LearnAimRef"), name, row.text(name), *dates]


FRAMEWORK: Final = ("FworkCode", "ProgType", "PwayCode")


def _frameworks(package: Package) -> Iterator[list[str]]:
    """Give each framework aim with the end of its framework."""
    ends = {
        tuple(row.number(name) for name in FRAMEWORK): row.date("EffectiveTo")
        for row in _columns(package, "Framework.csv", (*FRAMEWORK, "EffectiveTo"))
    }
    columns = (*FRAMEWORK, "LearnAimRef", "EffectiveFrom", "EffectiveTo", "FrameworkComponentType")
    for row in _columns(package, "FrameworkAims.csv", columns):
        framework = tuple(row.number(name) for name in FRAMEWORK)
        yield [
            row.text("LearnAimRef"), framework[0], framework[1], framework[2],
            ends.get(framework, ""), row.number("FrameworkComponentType"),
            row.date("EffectiveFrom"), row.date("EffectiveTo"),
        ]  # fmt: skip
