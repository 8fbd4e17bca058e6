"""Cuts learners into tokens by arithmetic over bytes, and holds them against the record model.

A token is a field with its text, or the start or end of an entity. Known is the form in which
software writes files: names without prefix or attributes. `tokens_of` gives None for all else, and
for learners that are malformed or break the loose schema; a parser then says what is wrong.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.record_model import LEARNER, EntityModel, RecordModel, load_record_model

Words: TypeAlias = npt.NDArray[np.uint64]
Bytes: TypeAlias = npt.NDArray[np.uint8]

LESS, GREATER, SLASH, AMPERSAND, SPACE, LINE_FEED, RETURN, TAB = b"<>/& \n\r\t"
WORD: Final = 8
"""Bytes that are compared at once."""
SLOT_BITS: Final = 12
MASKS: Final[Words] = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], np.uint64)
LONGEST_TEXT: Final = 1_000_000
"""A parser says whether a longer one is too long for it."""
UNKNOWN: Final = -1
NAMED_REFERENCE: Final = re.compile(rb"&(?:amp|lt|gt|quot|apos);")
NO_CHARACTERS: Final = "\ufffe\uffff"
"""They can be written in UTF-8 but are not in XML (XML 1.0 section 2.2)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The fields and entities of some learners, in the order of the file."""

    xml: bytes
    starts: Rows
    """For each token where its text starts; of fields only."""
    ends: Rows
    places: dict[str, Rows]
    """For each name the tokens with it; for an entity the tokens with which it begins."""


def tokens_of(xml: bytes, model: RecordModel) -> Tokens | None:
    """Give the tokens of whole learners; None where they are not of the known form and order."""
    known = _vocabulary(model.year)
    data = np.frombuffer(xml, np.uint8)
    left, right = np.flatnonzero(data == LESS), np.flatnonzero(data == GREATER)
    if not (_is_alternating(left, right) and _has_plain_characters(xml, data)):
        return None
    is_end = data[left + 1] == SLASH
    begins = left + 1 + is_end
    numbers = known.numbers_of(xml, begins, right - begins)
    fields = _fields(numbers, is_end, known.is_field)
    if fields is None or not _is_space_between(data, left, right, fields):
        return None
    kept = np.flatnonzero(~(is_end & known.is_field[numbers]))
    symbols = numbers[kept] + is_end[kept] * np.int16(known.size)
    if not known.is_in_order(symbols):
        return None
    ends = np.append(left[1:], len(xml))[kept]
    return Tokens(xml, right[kept] + 1, ends, known.places(symbols))


def _is_alternating(left: Rows, right: Rows) -> bool:
    """Tell whether each "<" is followed by its ">", at no great distance from the next."""
    if not len(left) or len(left) != len(right):
        return False
    between = left[1:] - right[:-1]
    return bool((left < right).all() and (between > 0).all() and (between < LONGEST_TEXT).all())


def _has_plain_characters(xml: bytes, data: Bytes) -> bool:
    """Tell whether XML allows all characters, and each reference is one of the five named ones."""
    controls = data[np.flatnonzero(data < SPACE)]
    if ((controls != LINE_FEED) & (controls != RETURN) & (controls != TAB)).any():
        return False
    references = np.flatnonzero(data == AMPERSAND).tolist()
    if not all(NAMED_REFERENCE.match(xml, place) for place in references):
        return False
    if xml.isascii():
        return True
    try:
        text = xml.decode()
    except UnicodeDecodeError:
        return False
    return not any(map(text.__contains__, NO_CHARACTERS))


def _fields(numbers: npt.NDArray[np.int16], is_end: Mask, is_field: Mask) -> Rows | None:
    """Give the start tags of fields; None where one is not followed by its own end tag.

    None as well where a name is none of the year's.
    """
    if (numbers == UNKNOWN).any():
        return None
    own = is_field[numbers]
    starts, ends = np.flatnonzero(own & ~is_end), np.flatnonzero(own & is_end)
    if len(starts) != len(ends) or (starts + 1 != ends).any():
        return None
    return starts if (numbers[starts] == numbers[ends]).all() else None


def _is_space_between(data: Bytes, left: Rows, right: Rows, fields: Rows) -> bool:
    """Tell whether nothing but space stands between the tags, the text of fields left out."""
    begins = np.concatenate(([0], right + 1))
    ends = np.append(left, len(data))
    ends[fields + 1] = begins[fields + 1]
    gaps = np.flatnonzero(ends > begins)
    if not len(gaps):
        return True
    edges = np.column_stack((begins[gaps], ends[gaps])).ravel()
    is_text = np.append(data > SPACE, False)
    return not np.logical_or.reduceat(is_text, edges)[::2].any()


class _Vocabulary:
    """The names of a year's learners by number, and which token may follow which.

    In the record model a name stands in one place only. So learners keep the loose schema (the one
    in `loose_schema`) just where each token may follow the one before it.
    """

    def __init__(self, learner: EntityModel) -> None:
        entities = [entity for entity, _ in learner.walk()]
        fields = [field.name for entity in entities for field in entity.fields]
        self.names = [entity.name for entity in entities] + fields
        self.size = len(self.names)
        self.is_field = np.arange(self.size) >= len(entities)
        self._number = {name: number for number, name in enumerate(self.names)}
        self._follows = np.zeros((2 * self.size, 2 * self.size), bool)
        for entity in entities:
            self._allow(entity)
        self._learner = self._number[LEARNER], self._number[LEARNER] + self.size
        self._follows[self._learner[1], self._learner[0]] = True
        self._hash_names()

    def _allow(self, entity: EntityModel) -> None:
        """Allow what may follow the start of an entity and each of its fields and children.

        Whatever is missing and how often an entity stands are field definitions, not the schema.
        """
        begin = self._number[entity.name]
        children = {child.name for child in entity.children}
        items = [self._number[name] for name in entity.order]
        ends = [
            number + self.size if name in children else number
            for name, number in zip(entity.order, items, strict=True)
        ]
        for place, end in enumerate([begin, *ends]):
            self._follows[end, items[place:]] = True
            self._follows[end, begin + self.size] = True
        for name in children:
            self._follows[self._number[name] + self.size, self._number[name]] = True

    def is_in_order(self, symbols: npt.NDArray[np.int16]) -> bool:
        """Tell whether tokens are whole learners as the record model orders them."""
        first, last = self._learner
        return bool(
            symbols[0] == first
            and symbols[-1] == last
            and self._follows[symbols[:-1], symbols[1:]].all()
        )

    def places(self, symbols: npt.NDArray[np.int16]) -> dict[str, Rows]:
        """Give for each name that stands the places of its tokens."""
        order = np.argsort(symbols, kind="stable")
        bounds = np.searchsorted(symbols[order], np.arange(self.size + 1)).tolist()
        return {
            name: order[bounds[number] : bounds[number + 1]]
            for number, name in enumerate(self.names)
            if bounds[number] < bounds[number + 1]
        }

    # Names are told apart by their bytes, eight at a time, and found by a hash without collisions.

    def _hash_names(self) -> None:
        written = [name.encode() for name in self.names]
        self._lengths = np.array([len(name) for name in written])
        self._width = -(-max(map(len, written)) // WORD)
        padded = b"".join(name.ljust(self._width * WORD, b"\0") for name in written)
        self._words: Words = np.frombuffer(padded, "<u8").reshape(self.size, self._width)
        for multipliers in _multipliers(self._width):
            slots = _slots(self._words, multipliers)
            if len(np.unique(slots)) == self.size:
                break
        self._multipliers = multipliers
        self._by_slot = np.full(1 << SLOT_BITS, UNKNOWN, np.int16)
        self._by_slot[slots] = np.arange(self.size)

    def numbers_of(self, xml: bytes, begins: Rows, lengths: Rows) -> npt.NDArray[np.int16]:
        """Give for each tag the number of its name; UNKNOWN where it is none of the year's."""
        padded = xml + bytes((self._width + 1) * WORD)
        at = np.ndarray((len(xml) + self._width * WORD,), "<u8", padded, strides=(1,))
        words = at[begins] & MASKS[np.minimum(lengths, WORD)]
        hashed = words * self._multipliers[0]
        rest: list[tuple[int, Rows, Words]] = []
        rows = np.flatnonzero(lengths > WORD)
        for place in range(1, self._width):
            left = lengths[rows] - place * WORD
            if place > 1:
                rows, left = rows[left > 0], left[left > 0]
            more = at[begins[rows] + place * WORD] & MASKS[np.minimum(left, WORD)]
            hashed[rows] += more * self._multipliers[place]
            rest.append((place, rows, more))
        found = self._by_slot[hashed >> np.uint64(64 - SLOT_BITS)]
        is_it = (self._words[found, 0] == words) & (self._lengths[found] == lengths)
        for place, rows, more in rest:
            is_it[rows] &= self._words[found[rows], place] == more
        return np.where(is_it, found, np.int16(UNKNOWN))


def _multipliers(width: int) -> Iterator[Words]:
    """Give odd numbers to hash by, other ones each time."""
    draw: Any = np.random.default_rng(0)
    while True:
        yield draw.integers(0, 1 << 63, width, np.uint64) * np.uint64(2) + np.uint64(1)


def _slots(words: Words, multipliers: Words) -> Words:
    hashed: Words = (words * multipliers).sum(axis=1, dtype=np.uint64)
    return hashed >> np.uint64(64 - SLOT_BITS)


@functools.cache
def _vocabulary(year: str) -> _Vocabulary:
    return _Vocabulary(load_record_model(year).learner)
