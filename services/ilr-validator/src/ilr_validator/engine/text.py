"""Columns of text: each distinct text is kept once, rows hold its number.

A test is made once for each distinct text and then spread over the rows. Number 0 is null.
"""

import functools
import re
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.values import Mask, Rows

NULL: Final = 0
FEW: Final = 4
"""So many texts are quicker compared one by one than looked up for each row."""


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
        if not len(self.codes):
            return Text(np.zeros(len(rows), np.int32), self.values, self._kept)
        codes = self.codes[rows]
        codes[rows < 0] = NULL
        return Text(codes, self.values, self._kept)

    def spread(self, rows: Rows) -> "Text":
        """Give the texts at `rows`, all of which there are."""
        return Text(self.codes.take(rows), self.values, self._kept)

    def like(self, codes: npt.NDArray[np.integer]) -> "Text":
        """Give a column of the same distinct texts, by their numbers."""
        return Text(codes.astype(np.int32), self.values, self._kept)

    @property
    def distinct(self) -> "Text":
        """Give the distinct texts as a column: its rows are their numbers."""
        return self.like(np.arange(len(self.values)))

    def test(self, condition: Callable[[str], bool]) -> Mask:
        """Tell for each row whether its text meets the condition; null never does."""
        places = [
            place for place, text in enumerate(self.values) if text is not None and condition(text)
        ]
        return self._at(places)

    def _at(self, places: Sequence[int]) -> Mask:
        """Tell for each row whether its text is one of those that stand at `places`."""
        if len(places) > FEW:
            met = np.zeros(len(self.values), bool)
            met[places] = True
            return self.each(met)
        result = np.zeros(len(self.codes), bool) if not places else self.codes == places[0]
        for place in places[1:]:
            result |= self.codes == place
        return result

    def each(self, met: Mask) -> Mask:
        """Tell for each row what `met` says of its text; `met` has one flag for a distinct text."""
        missed = (~met).nonzero()[0]
        return met.take(self.codes) if len(missed) > FEW else ~self._at(missed.tolist())

    def is_exactly(self, *wanted: str) -> Mask:
        """Tell for each row whether its text is one of `wanted`, letter case included."""
        places = self._places("as written", str)
        return self._at([place for text in set(wanted) for place in places.get(text, ())])

    def is_any(self, *wanted: str) -> Mask:
        """Tell for each row whether its text is one of `wanted`, whatever the letter case."""
        return self._is_among(_in_capitals(wanted))

    def is_among(self, wanted: Iterable[str]) -> Mask:
        """Tell for each row whether its text is in a collection, whatever the letter case."""
        return self._is_among(_in_capitals(tuple(wanted)))

    def _is_among(self, capitals: frozenset[str]) -> Mask:
        places = self._places("in capitals", str.upper)
        if len(places) < len(capitals):
            found = [those for text, those in places.items() if text in capitals]
        else:
            found = [places[text] for text in capitals if text in places]
        return self._at([place for those in found for place in those])

    def _places(self, form: str, formed: Callable[[str], str]) -> dict[str, list[int]]:
        """Give for each text in some form where it stands among the distinct texts."""
        kept: dict[str, list[int]] | None = self._kept.get(form)
        if kept is None:
            kept = self._kept[form] = {}
            for place, text in enumerate(self.values):
                if text is not None:
                    kept.setdefault(formed(text), []).append(place)
        return kept

    def matches(self, pattern: re.Pattern[str]) -> Mask:
        """Tell for each row whether the pattern is found in its text (`Regex.IsMatch`)."""
        search = pattern.search
        met = self.kept(
            pattern, lambda texts: [text is not None and search(text) is not None for text in texts]
        )
        return self.each(met)

    def is_in(self, collection: Container[str]) -> Mask:
        """Tell for each row whether its text is in something that never changes, as written."""
        return self.each(
            self.kept(collection, lambda texts: [text in collection for text in texts])
        )

    def is_in_folded(self, capitals: Container[str]) -> Mask:
        """Tell for each row whether its text in capitals is in something that never changes."""
        met = self.kept(
            capitals,
            lambda texts: [text is not None and text.upper() in capitals for text in texts],
        )
        return self.each(met)

    def kept(self, of: object, work_out: Callable[[list[str | None]], list[Any]]) -> Any:
        """Give an array with what is worked out of the distinct texts, once for all who ask.

        `of` says what it is, by its identity.
        """
        kept: tuple[object, Any] | None = self._kept.get(id(of))
        if kept is None or kept[0] is not of:
            # What it is of is kept with it, so that its identity is not given out again.
            kept = self._kept[id(of)] = (of, np.array(work_out(self.values)))
        return kept[1]

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
        kept: list[int] | None = self._kept.get("blank")
        if kept is None:
            texts = self.values[1:]
            kept = [NULL]
            if not all(texts) or any(map(str.isspace, filter(None, texts))):
                kept = [at for at, text in enumerate(self.values) if not text or text.isspace()]
            self._kept["blank"] = kept
        return self._at(kept)

    @property
    def length(self) -> npt.NDArray[np.float64]:
        """Give for each row the number of characters; null for null."""
        sizes = [np.nan if text is None else float(len(text)) for text in self.values]
        return np.array(sizes).take(self.codes)

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
        return kept.take(self.codes)

    def numbered_as_in(self, other: "Text") -> npt.NDArray[np.int64]:
        """Give for each row the number that its text has in `other.folded`; -1 for none."""
        numbers = other.folded_numbers()
        kept: npt.NDArray[np.int64] = self.kept(
            numbers, lambda texts: [numbers.get((text or "").upper(), -1) for text in texts]
        )
        return kept.take(self.codes)

    def equals(self, other: "Text", *, ignore_case: bool = False) -> Mask:
        """Tell for each row whether both columns hold the same text; null equals null."""
        fold = str.upper if ignore_case else str
        numbers: dict[str | None, int] = {}

        def numbered(values: list[str | None]) -> npt.NDArray[np.int64]:
            keys = (None if text is None else fold(text) for text in values)
            return np.array([numbers.setdefault(key, len(numbers)) for key in keys])

        mine = numbered(self.values).take(self.codes)
        theirs = numbered(other.values).take(other.codes)
        result: Mask = mine == theirs
        return result


@functools.lru_cache(maxsize=1000)
def _in_capitals(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.upper() for text in texts)
