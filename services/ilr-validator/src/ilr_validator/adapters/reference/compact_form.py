"""The compact form of a big table: arrays beside the CSV, mapped into memory instead of read.

It is made when a table is first read and named after the hash of the CSV, so that it is never out
of date. A column of very many distinct texts, such as postcodes, is kept as a sorted array of bytes
in which a text is found by bisection: no object for each text. Where the folder cannot be written
to, the table is read from the CSV each time.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, cast, overload

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.reference import ReferenceTable
from ilr_validator.engine.tables import Column
from ilr_validator.engine.text import Text

FOLDER: Final = ".compact"
FORM: Final = 1
MANY: Final = 20_000
"""From so many distinct texts on, a column is kept as sorted keys if it can be."""
LONGEST_KEY: Final = 32

Keys = npt.NDArray[np.bytes_]


class _Decoded(Sequence[str | None]):
    """The distinct texts of a column, decoded when asked for; number 0 is null."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys) + 1

    @overload
    def __getitem__(self, place: int) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str | None]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str | None] | None:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return None if place == 0 else bytes(self._keys[place - 1]).decode("ascii")

    def __iter__(self) -> Iterator[str | None]:
        yield None
        for start in range(0, len(self._keys), 65_536):
            yield from (one.decode("ascii") for one in self._keys[start : start + 65_536].tolist())


class _Numbers:
    """Finds the number of a text in upper case, as the dictionary of a small column does."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, text: str, default: int) -> int:
        """Give the number of a text; `default` where the column does not hold it."""
        if not text.isascii() or not 0 < len(text) <= self._keys.itemsize:
            return default
        key = text.encode("ascii")
        place = int(np.searchsorted(self._keys, np.bytes_(key)))
        if place < len(self._keys) and bytes(self._keys[place]) == key:
            return place + 1
        return default


def load(kind: type[ReferenceTable], folder: Path) -> ReferenceTable | None:
    """Give the table kept in a folder; None where there is none, or one of another form."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        if manifest["form"] != FORM or not set(manifest["columns"]) <= set(kind.KINDS):
            return None
        columns = {name: _loaded(folder, name, how) for name, how in manifest["columns"].items()}
        return kind(columns, manifest["size"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _loaded(folder: Path, name: str, how: str) -> Column:
    codes = _mapped(folder / f"{name}.npy")
    if how == "numbers":
        return cast("Column", codes)
    if how == "texts":
        return Text(codes, json.loads((folder / f"{name}.json").read_text("utf-8")))
    return sorted_text(codes, _mapped(folder / f"{name}.keys.npy"))


def _mapped(path: Path) -> Any:
    # An array without entries cannot be mapped.
    return np.load(path, mmap_mode="r" if path.stat().st_size > 256 else None)  # noqa: PLR2004


def sorted_text(codes: npt.NDArray[np.int32], keys: Keys) -> Text:
    """Make a column of sorted distinct keys that looks texts up by bisection."""
    folded = np.arange(len(keys) + 1, dtype=np.int32)
    kept = {"numbers": _Numbers(keys), "folded": folded}
    return Text(codes, cast("list[str | None]", _Decoded(keys)), kept)


def save(table: ReferenceTable, folder: Path) -> None:
    """Keep a table in a folder, all at once: another process never sees half of it.

    Raises OSError where the folder cannot be written to.
    """
    folder.parent.mkdir(exist_ok=True)
    work = Path(mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        columns = {
            name: _saved(work, name, cast("Column", table.column(name))) for name in table.KINDS
        }
        manifest = {"form": FORM, "size": table.size, "columns": columns}
        (work / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        work.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # of another form, or broken
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _saved(work: Path, name: str, column: Column) -> str:
    if not isinstance(column, Text):
        np.save(work / f"{name}.npy", column)
        return "numbers"
    if len(column.values) > MANY and all(map(_is_key, column.values)):
        codes, keys = _by_key(column)
        np.save(work / f"{name}.npy", codes)
        np.save(work / f"{name}.keys.npy", keys)
        return "keys"
    np.save(work / f"{name}.npy", column.codes)
    (work / f"{name}.json").write_text(json.dumps(column.values, ensure_ascii=False), "utf-8")
    return "texts"


def _is_key(text: str | None) -> bool:
    return text is None or (
        text.isascii() and text == text.upper() and len(text) <= LONGEST_KEY and "\0" not in text
    )


def _by_key(column: Text) -> tuple[npt.NDArray[np.int32], Keys]:
    texts = np.array([text.encode("ascii") for text in column.values if text is not None])
    order = np.argsort(texts)
    numbers = np.zeros(len(texts) + 1, np.int32)  # number 0 of the old column is null as well
    numbers[order + 1] = np.arange(1, len(texts) + 1)
    return numbers[column.codes], texts[order]
