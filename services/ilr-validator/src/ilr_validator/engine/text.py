"""Columns of text: each distinct text is kept once, rows hold its number.

A test is made once for each distinct text and then spread over the rows. Number 0 is null.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.values import Mask, Rows

NULL: Final = 0


class Text:
    """One column of text: `values[codes[row]]` is the text of a row, None where it is null."""

    __slots__ = ("_kept", "codes", "values")

    def __init__(
        self,
        codes: npt.NDArray[np.int32],
        values: list[str | None],
        kept: dict[Any, Any] | None = None,
    ) -> None:
        self.codes = codes
        self.values = values
        self._kept: dict[Any, Any] = {} if kept is None else kept
        """What was worked out of the distinct texts, shared by columns with the same ones."""

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> "Text":
        """Build a column from one text (or None) for each row."""
        numbers: dict[str | None, int] = {None: NULL}
        codes = [numbers.setdefault(text, len(numbers)) for text in texts]
        return cls(np.array(codes, np.int32), list(numbers))

    @classmethod
    def nulls(cls, size: int) -> "Text":
        """Build a column of nothing but null."""
        return cls(np.zeros(size, np.int32), [None])

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, row: int) -> str | None:
        """Give the text of one row."""
        return self.values[int(self.codes[row])]

    def take(self, rows: Rows) -> "Text":
        """Give the texts at `rows`; a negative row stands for "no row" and gives null."""
        codes = self.codes[rows] if len(self.codes) else np.zeros(len(rows), np.int32)
        return Text(np.where(rows < 0, np.int32(NULL), codes), self.values, self._kept)

    def test(self, condition: Callable[[str], bool]) -> Mask:
        """Tell for each row whether its text meets the condition; null never does."""
        met = np.fromiter(
            (text is not None and condition(text) for text in self.values), bool, len(self.values)
        )
        return met[self.codes]

    def is_exactly(self, *wanted: str) -> Mask:
        """Tell for each row whether its text is one of `wanted`, letter case included."""
        return self.test(frozenset(wanted).__contains__)

    def is_any(self, *wanted: str) -> Mask:
        """Tell for each row whether its text is one of `wanted`, whatever the letter case."""
        return self.is_among(wanted)

    def is_among(self, wanted: Iterable[str]) -> Mask:
        """Tell for each row whether its text is in a collection, whatever the letter case."""
        places = self._places()
        met = np.zeros(len(self.values), bool)
        for text in wanted:
            met[places.get(text.upper(), [])] = True
        return met[self.codes]

    def _places(self) -> dict[str, list[int]]:
        """Give for each text in upper case where it stands among the distinct texts."""
        kept: dict[str, list[int]] | None = self._kept.get("places")
        if kept is None:
            kept = self._kept["places"] = {}
            for place, text in enumerate(self.values):
                if text is not None:
                    kept.setdefault(text.upper(), []).append(place)
        return kept

    def matches(self, pattern: re.Pattern[str]) -> Mask:
        """Tell for each row whether the pattern is found in its text (`Regex.IsMatch`)."""
        kept: Mask | None = self._kept.get(pattern)
        if kept is None:
            search = pattern.search
            met = (text is not None and search(text) is not None for text in self.values)
            kept = self._kept[pattern] = np.fromiter(met, bool, len(self.values))
        return kept[self.codes]

    def starts(self, *prefixes: str) -> Mask:
        """Tell for each row whether its text starts so, whatever the letter case."""
        upper = tuple(prefix.upper() for prefix in prefixes)
        return self.test(lambda text: text.upper().startswith(upper))

    @property
    def is_null(self) -> Mask:
        """Tell for each row whether there is no text at all."""
        result: Mask = self.codes == NULL
        return result

    @property
    def is_known(self) -> Mask:
        """Tell for each row whether there is a text, an empty one included (`!= null`)."""
        result: Mask = self.codes != NULL
        return result

    @property
    def is_blank(self) -> Mask:
        """Tell for each row whether there is no text but space (`IsNullOrWhiteSpace`)."""
        kept: Mask | None = self._kept.get("blank")
        if kept is None:
            blank = (text is None or not text.strip() for text in self.values)
            kept = self._kept["blank"] = np.fromiter(blank, bool, len(self.values))
        return kept[self.codes]

    @property
    def length(self) -> npt.NDArray[np.float64]:
        """Give for each row the number of characters; null for null."""
        sizes = [np.nan if text is None else float(len(text)) for text in self.values]
        return np.array(sizes)[self.codes]

    def folded_numbers(self) -> dict[str, int]:
        """Give each distinct text in upper case the number that `folded` has for it."""
        kept: dict[str, int] | None = self._kept.get("numbers")
        if kept is None:
            kept = self._kept["numbers"] = {}
            for text in self.values:
                if text is not None:
                    kept.setdefault(text.upper(), len(kept) + 1)
        return kept

    @property
    def folded(self) -> npt.NDArray[np.int32]:
        """Give for each row a number that is equal where texts differ in letter case only."""
        kept: npt.NDArray[np.int32] | None = self._kept.get("folded")
        if kept is None:
            numbers = self.folded_numbers()
            table = [NULL if text is None else numbers[text.upper()] for text in self.values]
            kept = self._kept["folded"] = np.array(table, np.int32)
        return kept[self.codes]

    def numbered_as_in(self, other: "Text") -> npt.NDArray[np.int64]:
        """Give for each row the number that its text has in `other.folded`; -1 for none."""
        key = ("as in", id(other.values))
        kept: tuple[Any, npt.NDArray[np.int64]] | None = self._kept.get(key)
        if kept is None:
            numbers = other.folded_numbers()
            found = [numbers.get((text or "").upper(), -1) for text in self.values]
            # The other's texts are kept with it, so that their identity is not given out again.
            kept = self._kept[key] = (other.values, np.array(found))
        return kept[1][self.codes]

    def equals(self, other: "Text", *, ignore_case: bool = False) -> Mask:
        """Tell for each row whether both columns hold the same text; null equals null."""
        fold = str.upper if ignore_case else str
        numbers: dict[str | None, int] = {}

        def numbered(values: list[str | None]) -> npt.NDArray[np.int64]:
            keys = (None if text is None else fold(text) for text in values)
            return np.array([numbers.setdefault(key, len(numbers)) for key in keys])

        mine, theirs = numbered(self.values)[self.codes], numbered(other.values)[other.codes]
        result: Mask = mine == theirs
        return result
