"""What can be imported into a snapshot, and by which importer."""

from pathlib import Path
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.file_keys import FileKeys
from ilr_validator.adapters.reference.importing.destination import importing
from ilr_validator.adapters.reference.importing.lars import import_lars, lars_version
from ilr_validator.adapters.reference.importing.postcodes import import_postcodes
from ilr_validator.adapters.reference.importing.prior_year import import_prior_year
from ilr_validator.adapters.reference.importing.registers import REGISTERS, import_register
from ilr_validator.adapters.reference.importing.rules_workbook import import_rules

WHOLE: Final = {
    "lars": import_lars,
    "postcodes": import_postcodes,
    "prior-year": import_prior_year,
    "rules": import_rules,
}
NAMES: Final = sorted([*WHOLE, *REGISTERS])


def import_source(
    source: str, path: Path, into: Path, *, version: str | None = None, keys: FileKeys | None = None
) -> dict[str, int]:
    """Import a publisher's file into a snapshot; give the rows of each file that was written.

    Without a version, that of the package is taken, or the file's name. Raises SnapshotError where
    the source is unknown or the file is not as it should be; the snapshot is then as before.
    """
    if source not in NAMES:
        raise SnapshotError("there is no such source of reference data", value=source)
    if not path.exists():
        raise SnapshotError("there is no such file", file=path.name)
    if version is None:
        version = lars_version(path) if source == "lars" else path.name
    with importing(into, source, version) as destination:
        if source in WHOLE:
            WHOLE[source](path, destination)
        else:
            import_register(REGISTERS[source], path, destination, keys)
    return destination.rows
