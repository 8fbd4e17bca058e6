"""Where imported tables go: all files of an import take their place together, or none does."""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from ilr_validator.adapters.reference.snapshot import VERSIONS, read_versions


class Destination:
    """Files of one import, written aside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows: dict[str, int] = {}
        """How many rows each file has."""

    def write(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write one file: a table of the snapshot, or a file that stands beside the tables."""
        count = 0
        with (self._folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow(row)
                count += 1
        self.rows[name] = count


@contextmanager
def importing(into: Path, source: str, version: str) -> Iterator[Destination]:
    """Take in the files of one source; nothing of the folder changes where it fails.

    `version` stands in the snapshot's versions under the name of the source.
    """
    into.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=".import-", dir=into))
    try:
        destination = Destination(work)
        yield destination
        versions = read_versions(into) | {source: version}
        text = json.dumps(versions, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (work / VERSIONS).write_text(text, "utf-8")
        for name in (*destination.rows, VERSIONS):  # the versions last: they say what is there
            (work / name).replace(into / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
