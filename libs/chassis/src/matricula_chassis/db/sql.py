"""Reads the SQL files that stand beside the modules that run them. It executes nothing."""

from functools import cache
from importlib.resources import files


@cache
def query(package: str, name: str) -> str:
    """Return the text of `queries/<name>.sql` of a package."""
    return (files(package) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
