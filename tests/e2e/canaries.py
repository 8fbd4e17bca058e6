"""Learners whose personal data nobody can overlook, and the search for it in every file.

The values occur nowhere else; wherever one is found, personal data got out.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from matricula_testkit.ilr import head, identifiers
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.writers import LearnerFiles

_SEED: Final = 431
_WORDS: Final = ("Quetzal", "Xyloph", "Zyzzyv", "Jabberw", "Kwyjib", "Vrombau")
_PERSONAL: Final = (
    "ULN", "FamilyName", "GivenNames", "DateOfBirth", "NINumber", "PostcodePrior", "Postcode",
    "AddLine1", "AddLine2", "AddLine3", "AddLine4", "TelNo", "Email",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Canary:
    """One learner. `record` is its ILR record, `values` the personal data in it."""

    record: dict[str, Any]

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that must not get out."""
        return tuple(str(self.record[name]) for name in _PERSONAL)

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The values as they could stand in a file: plain, and as in an address."""
        forms = (form for text in self.values for form in (text, quote(text), quote_plus(text)))
        return tuple(dict.fromkeys(form.encode() for form in forms))

    def with_fault(self) -> "Canary":
        """Return the learner with a name and an e-mail address that the record model refuses."""
        broken = {"FamilyName": f"{self.record['FamilyName']} 77", "Email": "no.at.sign.jubjub"}
        return replace(self, record={**self.record, **broken})

    def as_a_child(self) -> "Canary":
        """Return the learner with a date of birth that breaks rules, which then name it."""
        return replace(self, record={**self.record, "DateOfBirth": "2021-11-13"})


def canary(number: int) -> Canary:
    """Return the canary of this number, from 0 to 89; each has values of its own."""
    word = f"{_WORDS[number % len(_WORDS)]}{'abcdefghijklmno'[number // len(_WORDS)]}"
    digits = 739_100 + number
    return Canary(
        {
            **learner(_SEED, number),
            "ULN": identifiers.uln(_SEED, 500_000 + number),
            "FamilyName": f"{word}lus",
            "GivenNames": f"{word}ine {word}ette",
            "DateOfBirth": f"19{61 + number % 19}-0{number % 8 + 1}-1{number % 7 + 1}",
            "NINumber": f"ZZ{digits}C",
            "PostcodePrior": f"ZZ8{number % 10} 7QJ",
            "Postcode": f"ZZ9{number % 10} 4XK",
            "AddLine1": f"{digits} {word} Crescent",
            "AddLine2": f"{word} House",
            "AddLine3": f"{word}-on-Sea",
            "AddLine4": f"{word}shire",
            "TelNo": f"07700900{digits}11",
            "Email": f"{word.lower()}.{digits}@example.org",
        }
    )


def write_file(folder: Path, records: Sequence[dict[str, Any]], *, ukprn: int) -> Path:
    """Write these records as an XML file of a provider and return its path."""
    written = head.PREPARED
    with LearnerFiles(
        folder,
        head.stem(ukprn, written=written),
        head=head.head(ukprn, written=written, serial=1),
        formats=["xml"],
    ) as files:
        for record in records:
            files.write(record)
    return files.paths[0]


def found_in(data: bytes, needles: Sequence[bytes]) -> list[bytes]:
    """Return which of the values stand in the data."""
    return [needle for needle in needles if needle in data]


def found_below(folder: Path, needles: Sequence[bytes]) -> list[tuple[str, bytes]]:
    """Search every file below a folder; return file (relative) and value of each hit."""
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = b"\n".join(_written_parts(path))
            relative = str(path.relative_to(folder))
            hits += [(relative, needle) for needle in found_in(content, needles)]
    return hits


def _written_parts(path: Path) -> Iterator[bytes]:
    """Yield what was written to a file; holes (files reserved in advance) are passed over."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # removed since it was listed
    try:
        end = 0
        while True:
            try:
                start = os.lseek(descriptor, end, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                return  # nothing but a hole follows
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
            yield os.pread(descriptor, end - start, start)
    finally:
        os.close(descriptor)
