"""The tables of a pack: its own, or those of the year it builds on with this year's differences.

`pack.toml` names the year with `base = "2025-26"`. A table of the year is then `data/<name>.tsv`,
whole, or what the base has with the rows of `data/<name>_changes.tsv`: each says `new`, `changed`
or `removed`, then the columns of the table (of a changed row only what is different), and further
columns for readers, such as the source. In a changed row `-` empties a column.
"""

import csv
import functools
import importlib.resources
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable
from typing import Any, Final

from ilr_validator.packs.errors import PackError

Row = dict[str, str]
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "record": ("path",),
    "rules": ("rule",),
    "codes": ("list", "code"),
    "code_lists": ("list",),
}
NEW, CHANGED, REMOVED = "new", "changed", "removed"
EMPTY: Final = "-"


def folder_of(pack: str) -> Traversable:
    """Give the folder of a pack."""
    return importlib.resources.files(f"ilr_validator.packs.y{pack.replace('-', '_')}")


@functools.cache
def settings_of(pack: str) -> Mapping[str, Any]:
    """Read `pack.toml` of a pack."""
    return tomllib.loads((folder_of(pack) / "pack.toml").read_text("utf-8"))


def base_of(pack: str) -> str | None:
    """Give the year on which a pack builds; None where it stands by itself."""
    base: str | None = settings_of(pack).get("base")
    return base


def has_table(pack: str, name: str) -> bool:
    """Tell whether a pack has a table, of its own or by its base."""
    base = base_of(pack)
    return _file(pack, name).is_file() or (base is not None and has_table(base, name))


def table_of(pack: str, name: str) -> list[Row]:
    """Give the rows of a table.

    Raises PackError where there is none, or where a difference does not fit what the base has.
    """
    if _file(pack, name).is_file():
        return list(rows_in(_file(pack, name)))
    base = base_of(pack)
    if base is None:
        raise PackError("a table is missing", pack=pack, table=name)
    rows = table_of(base, name)
    changes = _file(pack, f"{name}_changes")
    return _applied(rows, list(rows_in(changes)), KEYS[name]) if changes.is_file() else rows


def rows_in(source: Traversable) -> Iterator[Row]:
    """Read a table: tabs between the columns, no quoting; lines that begin with # are comments."""
    lines = (line for line in source.read_text("utf-8").splitlines() if not line.startswith("#"))
    yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _file(pack: str, name: str) -> Traversable:
    return folder_of(pack) / "data" / f"{name}.tsv"


def _applied(rows: list[Row], changes: Sequence[Row], keys: tuple[str, ...]) -> list[Row]:
    """Give rows with the differences; a new row stands behind the one named in `after`, or last."""
    columns = rows[0].keys()
    result = {_key(row, keys): row for row in rows}
    for change in changes:
        key = _key(change, keys)
        if (key in result) == (change["change"] == NEW):
            raise PackError("a difference does not fit", change=change["change"], row=" ".join(key))
        given = {name: change.get(name) or "" for name in columns}
        if change["change"] == NEW:
            result = _inserted(result, key, given, change.get("after"))
        elif change["change"] == CHANGED:
            result[key] = result[key] | {
                name: "" if value == EMPTY else value for name, value in given.items() if value
            }
        else:
            del result[key]
    return list(result.values())


def _inserted(
    rows: dict[tuple[str, ...], Row], key: tuple[str, ...], row: Row, after: str | None
) -> dict[tuple[str, ...], Row]:
    if not after:
        return rows | {key: row}
    if (after,) not in rows:
        raise PackError("there is no row to stand behind", row=after)
    pairs = list(rows.items())
    place = 1 + next(number for number, (known, _) in enumerate(pairs) if known == (after,))
    return dict([*pairs[:place], (key, row), *pairs[place:]])


def _key(row: Row, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[name] for name in keys)
