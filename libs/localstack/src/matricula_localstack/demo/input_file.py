"""The file that a demonstration sends: the user's own, or a sample with planted faults."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SAMPLE_LEARNERS: Final = 1_000
SAMPLE_SEED: Final = 1
DEFAULT_UKPRN: Final = 10_000_001
BREAK_EACH: Final = 40
_LEARNER: Final = b"<Learner>"
_BREACHES: Final = {
    "Sex_01": (5, re.compile(rb"(?<=<Sex>)[^<]*"), b"Q"),
    "Ethnicity_01": (15, re.compile(rb"(?<=<Ethnicity>)[^<]*"), b"77"),
    "Postcode_14": (25, re.compile(rb"(?<=<Postcode>)[^<]*"), b"QQ1 1QQ"),
}
_HEAD_BYTES: Final = 65_536
_UKPRN: Final = re.compile(rb'(?:<UKPRN>\s*|"UKPRN"\s*:\s*"?)([1-9][0-9]{7})')
_IN_NAME: Final = re.compile(r"ILR-([1-9][0-9]{7})-")
_CELL: Final = re.compile(rb"(?:^|,)\"?([1-9][0-9]{7})\"?(?=,|\r|\n|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InputFile:
    """The file, the provider it names, and for a sample what was planted.

    `expected` maps the position of a record to its reasons; None for a file of the user's own.
    `second` is a further file whose records conflict with those of the first.
    """

    path: Path
    ukprn: int
    expected: dict[int, list[str]] | None = None
    second: Path | None = None
    second_expected: dict[int, list[str]] | None = None
    breaches: Mapping[str, int] = field(default_factory=dict)
    """For a sample how many learners break which official rule: they go live all the same."""


def own_file(path: Path) -> InputFile:
    """Return a file of the user's own; raises FileNotFoundError."""
    if not path.is_file():
        raise FileNotFoundError(path)
    return InputFile(path, ukprn_of(path))


def sample(folder: Path) -> InputFile:
    """Make the sample of the demonstration; the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "matricula_testkit.ilr.sample",
        "--learners",
        str(SAMPLE_LEARNERS),
        "--seed",
        str(SAMPLE_SEED),
        "--faults",
        "all",
        "--ukprn",
        str(DEFAULT_UKPRN),
        "--format",
        "xml",
        "--out",
        str(folder),
    ]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    files = [Path(line) for line in made.stdout.splitlines()]
    first, second = [path for path in files if path.suffix == ".xml"]
    expected = _planted(first)
    breaches = _plant_breaches(first, spared=expected)
    return InputFile(first, DEFAULT_UKPRN, expected, second, _planted(second), breaches)


def ukprn_of(path: Path) -> int:
    """Return the UKPRN that a file names in its head, else in its own name, else a made-up one.

    A guess for setting up the demonstration only; the platform reads the file itself.
    """
    head = _head(path)
    found = _UKPRN.search(head) or (_CELL.search(head) if head.startswith(_csv_starts()) else None)
    if found is not None:
        return int(found[1])
    named = _IN_NAME.search(path.name)
    return int(named[1]) if named else DEFAULT_UKPRN


def _csv_starts() -> tuple[bytes, ...]:
    return (b"record,", b'"record",', b"\xef\xbb\xbfrecord,")


def _head(path: Path) -> bytes:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[0]) as member:
                return member.read(_HEAD_BYTES)
    except (zipfile.BadZipFile, RuntimeError, IndexError, NotImplementedError, OSError):
        return b""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return head.replace(b"\x00", b"")


def _plant_breaches(path: Path, *, spared: Collection[int]) -> dict[str, int]:
    """Let some learners break rules that intake does not know; return how many break which."""
    head, *learners = path.read_bytes().split(_LEARNER)
    broken: dict[str, int] = {}
    for position in range(1, len(learners) + 1):
        for rule, (remainder, field_of, value) in _BREACHES.items():
            if position % BREAK_EACH == remainder and position not in spared:
                content, count = field_of.subn(value, learners[position - 1], count=1)
                learners[position - 1] = content
                broken[rule] = broken.get(rule, 0) + count
    path.write_bytes(_LEARNER.join([head, *learners]))
    return broken


def _planted(path: Path) -> dict[int, list[str]]:
    described: dict[str, Any] = json.loads(
        path.with_suffix(".faults.json").read_text(encoding="utf-8")
    )
    return {entry["position"]: entry["reasons"] for entry in described["expected"]}
