"""Collects the keys that one ILR file needs of reference data, reading a part of it at a time."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from ilr_validator.adapters.files.container import unpacked
from ilr_validator.adapters.files.ilr_file import open_file, pack_year
from ilr_validator.adapters.files.read_part import read_part
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.adapters.files.sources import (
    PlainSource,
    PlainWorkspace,
    Source,
    Workspace,
)
from ilr_validator.adapters.reference.file_keys import COLUMNS, FileKeys
from ilr_validator.packs.pack import available
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import load_record_model


def keys_of_file(path: Path) -> FileKeys:
    """Collect the keys of an ILR file, XML or zip, reading a part of it at a time.

    Raises UnreadableFileError where it is no ILR file of a year that is known.
    """
    if not path.is_file():
        raise UnreadableFileError("there is no such file")
    with TemporaryDirectory(prefix="ilr-keys-") as folder:
        work = PlainWorkspace(Path(folder))
        try:
            source, _ = unpacked(PlainSource(path), path.name, work)
            return _collected(source, work)
        except (FileRefusedError, LookupError, etree.XMLSyntaxError):
            raise UnreadableFileError("this is no ILR file that can be read") from None


def _collected(source: Source, work: Workspace) -> FileKeys:
    year = pack_year(source) or ""
    if year not in available():
        raise UnreadableFileError("the file is of no year that is known")
    model = load_record_model(year)
    file = open_file(source, pack=year, work=work)
    keys = FileKeys()
    for name in ("UKPRN", "LearningProviderUKPRN"):
        keys.add("UKPRN", [file.header.get(name)])
    for first, behind in file.parts():
        _collect(read_part(file, first, behind, model), keys)
    return keys


def _collect(raw: Mapping[str, RawTable], keys: FileKeys) -> None:
    for name, places in COLUMNS.items():
        for entity, columns in places.items():
            for column in columns:
                if entity in raw:
                    keys.add(name, raw[entity].text(column).values)
