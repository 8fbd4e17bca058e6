"""Writes the file again with the learners that have no error: what funding is calculated from.

Sound learners are copied byte for byte. Where values have space around them, or elements are empty,
they are written as they were judged: trimmed, and left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import numpy as np

from ilr_validator.adapters.files.ilr_file import IlrFile
from ilr_validator.adapters.files.xml_columns import text_in, unescaped
from ilr_validator.application.check import PartResult
from ilr_validator.engine.values import Mask
from ilr_validator.packs.record_model import load_record_model

PIECE: Final = 8 * 1024 * 1024
LEARNERS: Final = 1000
ELEMENT: Final = re.compile(r"<((?:[\w.-]+:)?([\w.-]+))(?:\s[^<>]*)?(?:/>|>([^<]*)</\1\s*>)")
UNTIDY: Final = tuple(map(re.compile, (rb"/>", rb"&#", rb">\s+[^<\s]", rb"<[\w:.-]+></", rb"\s</")))
"""What stands in every piece that is not as it is meant; the last also in indented ones."""


def noted(parts: Iterable[PartResult], untidy: list[tuple[int, int]]) -> Iterator[PartResult]:
    """Pass parts on, and note the ranges of learners that must not be copied as they are."""
    for part in parts:
        if not part.is_as_written:
            untidy.append((part.first, part.first + part.size))
        yield part


def write_valid_file(
    file: IlrFile,
    has_error: Mask,
    out: BinaryIO,
    untidy: Sequence[tuple[int, int]] | None = None,
) -> int:
    """Copy head, sound learners and end of the file; give the number of learners.

    `untidy` are the ranges of learners whose values are to be trimmed; None: that is found out.
    """
    fields = _field_names(file.namespace.rpartition("/")[2])
    is_tidy = np.full(file.size, untidy is not None)
    for first, behind in untidy or ():
        is_tidy[first:behind] = False
    out.write(tidied(file.source.read(0, int(file.starts[0])), fields))
    kinds = np.where(has_error, 0, np.where(is_tidy, 1, 2)).astype(np.int8)
    edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), file.size]
    for first, behind in pairwise(edges):
        if first < behind and kinds[first] == 1:
            _copy(file, int(file.starts[first]), int(file.starts[behind]), out)
        elif first < behind and kinds[first]:
            out.writelines(
                tidied(file.learners(place, min(place + LEARNERS, behind)), fields)
                for place in range(first, behind, LEARNERS)
            )
    out.write(tidied(file.source.read(int(file.starts[-1]), file.source.size), fields))
    return int((~has_error).sum())


def _copy(file: IlrFile, start: int, end: int, out: BinaryIO) -> None:
    places = range(start, end, PIECE)
    out.writelines(file.source.read(place, min(place + PIECE, end)) for place in places)


def _field_names(pack: str) -> frozenset[str]:
    entities = load_record_model(pack).message.walk()
    return frozenset(field.name for entity, _ in entities for field in entity.fields)


def tidied(xml: bytes, fields: frozenset[str]) -> bytes:
    """Give a piece of a file with trimmed values and without empty fields."""
    if not any(one.search(xml) for one in UNTIDY):
        return xml

    def written(found: re.Match[str]) -> str:
        if found[2] not in fields:
            return found[0]
        raw = found[3] or ""
        text = text_in(raw)
        if text is None:
            return ""
        if text == unescaped(raw):
            return found[0]
        # Characters by number stand in whatever encoding the file declares.
        safe = escape(text).encode("ascii", "xmlcharrefreplace").decode()
        return f"<{found[2]}>{safe}</{found[2]}>"

    return ELEMENT.sub(written, xml.decode()).encode()
