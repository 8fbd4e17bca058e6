"""The `file` and `reference` of a line, as the recorded answers add to them one by one."""

import datetime as dt
from typing import Any

Row = dict[str, Any]
ALWAYS = "0001-01-01"


class NotExpressibleError(Exception):
    """An answer that no rows of reference data could give."""


class Request:
    """Facts of the file, rows of reference tables and codes of lists, gathered from answers."""

    def __init__(self) -> None:
        self.file: Row = {"year": {}}
        self.reference: dict[str, list[Row]] = {}
        self.code_lists: dict[str, dict[str, Row]] = {}
        self._alone: dict[tuple[str, Any], Row] = {}

    def table(self, name: str) -> list[Row]:
        """Give the rows of a table; from now on it is there, if only empty."""
        return self.reference.setdefault(name, [])

    def add(self, name: str, **values: Any) -> None:
        """Add a row to a table."""
        self.table(name).append(values)

    def only(self, name: str, **key: Any) -> Row:
        """Give the one row of a table that has this key, to which other answers may add."""
        ((column, value),) = key.items()
        if (name, value) not in self._alone:
            self._alone[name, value] = {column: value}
            self.table(name).append(self._alone[name, value])
        return self._alone[name, value]

    def fact(self, name: str, value: Any) -> None:
        """State a fact of the file; two answers must not differ."""
        if self.file.setdefault(name, value) != value:
            raise NotExpressibleError(f"{name} is both {self.file[name]} and {value}")

    def codes(self, name: str) -> dict[str, Row]:
        """Give the codes of a list; from now on it is there, if only empty."""
        return self.code_lists.setdefault(name, {})

    def built(self) -> dict[str, Any]:
        """Give the members of a line of input."""
        lists = {name: list(codes.values()) for name, codes in self.code_lists.items()}
        return {"file": self.file, "reference": {**self.reference, "code_lists": lists}}


def key(value: str | None) -> str:
    """Give the key under which rows answer for a text; for null the empty text stands."""
    return value or ""


def day_after(date: str) -> str:
    """Give the day after a date."""
    return _moved(date, 1)


def day_before(date: str) -> str:
    """Give the day before a date."""
    return _moved(date, -1)


def _moved(date: str, days: int) -> str:
    moved = dt.date.fromisoformat(date[:10]) + dt.timedelta(days)
    return moved.isoformat()
