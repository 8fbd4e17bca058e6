"""The distinct keys that a file needs of reference data: aims, standards, postcodes, providers.

They are what a provider asks its sources for, and what a snapshot is cut down to (nothing of other
providers or of learners elsewhere is kept longer than needed).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

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
from ilr_validator.packs.pack import available
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import load_record_model

COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "LearnAimRef": {"LearningDelivery": ("LearnAimRef",)},
    "StdCode": {"LearningDelivery": ("StdCode",)},
    "FworkCode": {"LearningDelivery": ("FworkCode",)},
    "Postcode": {
        "Learner": ("Postcode", "PostcodePrior"),
        "LearningDelivery": ("DelLocPostCode", "LSDPostcode"),
        "LearningDeliveryHE": ("HEPostCode",),
    },
    "UKPRN": {"Learner": ("PrevUKPRN", "PMUKPRN"), "LearningDelivery": ("PartnerUKPRN",)},
    "EmpId": {
        "LearnerEmploymentStatus": ("EmpId",),
        "LearningDeliveryWorkPlacement": ("WorkPlaceEmpId",),
    },
    "EPAOrgID": {"LearningDelivery": ("EPAOrgID",)},
    "ConRefNumber": {"LearningDelivery": ("ConRefNumber",)},
    "CampId": {"Learner": ("CampId",)},
    "ULN": {"Learner": ("ULN",)},
    "LearnRefNumber": {"Learner": ("LearnRefNumber", "PrevLearnRefNumber")},
}
"""For each kind of key the fields that hold it, by entity."""
PERSONAL: Final = frozenset({"ULN", "LearnRefNumber"})
"""Kinds of key that say who a learner is: needed to cut a snapshot down, never printed."""


@dataclass(frozen=True, slots=True)
class FileKeys:
    """The keys of one file, in upper case."""

    found: Mapping[str, set[str]] = field(default_factory=lambda: {name: set() for name in COLUMNS})

    def rows(self) -> Iterator[tuple[str, str]]:
        """Give kind and key of every key that is not personal data, in order."""
        for name, keys in self.found.items():
            if name not in PERSONAL:
                yield from ((name, key) for key in sorted(keys))


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
        _add(keys.found["UKPRN"], [file.header.get(name)])
    for first, behind in file.parts():
        _collect(read_part(file, first, behind, model), keys)
    return keys


def _collect(raw: Mapping[str, RawTable], keys: FileKeys) -> None:
    for name, places in COLUMNS.items():
        for entity, columns in places.items():
            for column in columns:
                if entity in raw:
                    _add(keys.found[name], raw[entity].text(column).values)


def _add(keys: set[str], texts: Iterable[str | None]) -> None:
    keys.update(text.upper() for text in texts if text)
