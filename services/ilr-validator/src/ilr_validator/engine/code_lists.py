"""Code lists: which codes a field may hold, and from when to when.

A list is `complete`, or provisional: then a code that stands in it is good, and of one that does
not nobody can say (spec/ilr.md section 0.7). A pair of type and code is one key, "LDM034".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ilr_validator.engine.dates import MAX_DATE, MIN_DATE
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Numbers, renumbered

NEVER: Final = (np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list: each code as it is written, with the first and the last day of its validity."""

    codes: Mapping[str, tuple[float, float]]
    is_complete: bool = True
    _folded: Mapping[str, tuple[float, float]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folded = {code.upper(): validity for code, validity in self.codes.items()}
        object.__setattr__(self, "_folded", folded)

    @classmethod
    def of(cls, codes: Iterable[str], *, is_complete: bool = True) -> "CodeList":
        """Build a list of codes that are valid for ever."""
        return cls(dict.fromkeys(codes, (MIN_DATE, MAX_DATE)), is_complete)

    def holds(self, keys: Text, *, as_written: bool = False) -> Mask:
        """Tell for each key whether it is in the list; letter case counts where `as_written`."""
        if as_written:
            return keys.is_in(self.codes)
        return keys.is_in_folded(self._folded)

    def starts_and_ends(self, keys: Text) -> tuple[Dates, Dates]:
        """Give for each key the first and last day of validity; null where it is not listed."""
        both = keys.kept(
            self, lambda texts: [self._folded.get((text or "").upper(), NEVER) for text in texts]
        )
        return both[:, 0].take(keys.codes), both[:, 1].take(keys.codes)


def keys_of(*parts: Text | Numbers) -> Text:
    """Join columns to keys as the lists have them: a type and a code, or a number alone."""
    columns = [part if isinstance(part, Text) else _number_text(part) for part in parts]
    key = columns[0]
    for column in columns[1:]:
        key = _joined(key, column)
    return key


def _joined(left: Text, right: Text) -> Text:
    """Join two columns row by row: each distinct pair of texts is joined once."""
    if len(left) <= SMALL:
        both = zip(_texts(left), _texts(right), strict=True)
        return Text.of((one or "") + (other or "") for one, other in both)
    width = len(right.values)
    pairs = left.codes.astype(np.int64) * width + right.codes
    distinct, codes = renumbered(pairs, len(left.values) * width)
    texts = [
        (left.values[pair // width] or "") + (right.values[pair % width] or "")
        for pair in distinct.tolist()
    ]
    return Text((codes + 1).astype(np.int32), [None, *texts])


SMALL: Final = 64
"""So many rows are quicker written one by one."""
FEW: Final = 10_000


def _texts(column: Text) -> Iterable[str | None]:
    return map(column.values.__getitem__, column.codes.tolist())


def _number_text(numbers: Numbers) -> Text:
    """Write numbers as the codes of a list; codes are small whole numbers."""
    if len(numbers) <= SMALL:  # 0.0 is added because -0.0 is written otherwise
        return Text.of(
            None if number != number else f"{number + 0.0:.0f}"  # noqa: PLR0124 - NaN
            for number in numbers.tolist()
        )
    null = np.isnan(numbers)
    whole = np.where(null, 0, numbers).astype(np.int64)
    if whole.min() < 0 or whole.max() >= FEW or (whole != numbers)[~null].any():
        distinct, codes = np.unique(numbers, return_inverse=True)
        texts = [None if np.isnan(number) else f"{number:.0f}" for number in distinct]
        return Text((codes + 1).astype(np.int32), [None, *texts])
    found, codes = renumbered(whole, int(whole.max()) + 1)
    texts = [str(number) for number in found.tolist()]
    return Text(np.where(null, 0, codes + 1).astype(np.int32), [None, *texts])
