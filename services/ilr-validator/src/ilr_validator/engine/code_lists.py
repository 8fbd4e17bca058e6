"""Code lists: which codes a field may hold, and from when to when.

A list is `complete`, or provisional: then a code that stands in it is good, and of one that does
not nobody can say (spec/ilr.md section 0.7). A pair of type and code is one key, "LDM034".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.dates import MAX_DATE, MIN_DATE
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Mask, Numbers


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
            return keys.test(self.codes.__contains__)
        return keys.test(lambda key: key.upper() in self._folded)

    def starts_and_ends(self, keys: Text) -> tuple[Dates, Dates]:
        """Give for each key the first and last day of validity; null where it is not listed."""
        nothing = (np.nan, np.nan)
        both = np.array([self._folded.get((key or "").upper(), nothing) for key in keys.values])
        return both[keys.codes, 0], both[keys.codes, 1]


def keys_of(*parts: Text | Numbers) -> Text:
    """Join columns to keys as the lists have them: a type and a code, or a number alone."""
    columns = [part if isinstance(part, Text) else _number_text(part) for part in parts]
    key = columns[0]
    for column in columns[1:]:
        key = _joined(key, column)
    return key


def _joined(left: Text, right: Text) -> Text:
    """Join two columns row by row: each distinct pair of texts is joined once."""
    width = len(right.values)
    pairs = left.codes.astype(np.int64) * width + right.codes
    distinct, codes = _numbered(pairs, len(left.values) * width)
    texts = [
        (left.values[pair // width] or "") + (right.values[pair % width] or "")
        for pair in distinct.tolist()
    ]
    return Text((codes + 1).astype(np.int32), [None, *texts])


FEW: Final = 10_000


def _numbered(
    numbers: npt.NDArray[np.int64], bound: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the distinct numbers, and for each number which of them it is."""
    if bound > FEW:
        distinct, codes = np.unique(numbers, return_inverse=True)
        return distinct, codes
    present = np.zeros(bound, bool)
    present[numbers] = True
    places = np.cumsum(present) - 1
    return np.flatnonzero(present), places[numbers]


def _number_text(numbers: Numbers) -> Text:
    """Write numbers as the codes of a list; codes are small whole numbers."""
    null = np.isnan(numbers)
    whole = np.where(null, 0, numbers).astype(np.int64)
    if len(whole) and (whole.min() < 0 or whole.max() >= FEW or (whole != numbers)[~null].any()):
        distinct, codes = np.unique(numbers, return_inverse=True)
        texts = [None if np.isnan(number) else f"{number:.0f}" for number in distinct]
        return Text((codes + 1).astype(np.int32), [None, *texts])
    found, codes = _numbered(whole, FEW)
    texts = [str(number) for number in found.tolist()]
    return Text(np.where(null, 0, codes + 1).astype(np.int32), [None, *texts])
