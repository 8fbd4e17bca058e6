"""Turns the XML of some learners into columns of raw text, one pass, no object for each element.

The bytes were parsed and held against the loose schema before; so start tags and the text that
follows them can be cut out with one expression, and the rest is arithmetic over their positions.
"""

import re
from collections.abc import Sequence
from typing import Final, cast
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
from lxml import etree

from ilr_validator.adapters.files.plain_form import written
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Rows
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import RecordModel

# Splitting by a start tag with its text and the end tags behind it leaves [between, tag, text, …].
PLAIN_TAG: Final = re.compile(rb"<([A-Za-z]\w*)>([^<]*)(?:</\w+>\s*)*")
ANY_TAG: Final = re.compile(
    rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z]\w*)(?:\s[^<>]*)?>([^<]*)(?:</[\w:.-]+>\s*)*"
)

REFERENCE: Final = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|amp|lt|gt|quot|apos);")
NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def raw_tables(learners: bytes, tree: etree._Element, model: RecordModel) -> dict[str, RawTable]:
    """Cut the learners of one part of a file into raw tables, by the entity's name.

    `learners` is the XML of whole learners; `tree` the same, parsed below one root.
    """
    parts = PLAIN_TAG.split(learners)
    if len(parts) // 3 != cast("float", tree.xpath("count(//*)")) - 1:
        # Attributes, prefixes, empty-element tags: written anew, they have one form.
        namespace = etree.QName(tree).namespace or ""
        anew = "".join(part for learner in tree for part in written(learner, namespace))
        parts = ANY_TAG.split(anew.encode())
    names, texts = parts[1::3], parts[2::3]
    positions = _positions(names)
    tables: dict[str, RawTable] = {}
    nothing = np.empty(0, np.intp)
    for entity, parent in model.learner.walk():
        rows = positions.get(entity.name, nothing)
        above = nothing if parent is None else positions.get(parent.name, nothing)
        columns = {
            field.name: _column(texts, positions[field.name], rows)
            for field in entity.fields
            if field.name in positions
        }
        owner = np.zeros(len(rows), np.intp) if parent is None else _owner(above, rows)
        tables[entity.name] = RawTable(
            entity,
            len(rows),
            owner,
            {name: column for name, (column, _) in columns.items()},
            all(is_as_written for _, is_as_written in columns.values()),
        )
    return tables


def _positions(names: Sequence[bytes]) -> dict[str, Rows]:
    """Give for each name where it stands in the sequence of tags."""
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    numbers = np.fromiter(map(known.__getitem__, names), np.int16, len(names))
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(len(known) + 1))
    return {
        name.decode(): order[bounds[number] : bounds[number + 1]] for name, number in known.items()
    }


def _owner(above: Rows, rows: Rows) -> Rows:
    return np.searchsorted(above, rows, "right") - 1


def _column(texts: Sequence[bytes], places: Rows, rows: Rows) -> tuple[Text, bool]:
    """Give the text of each row, null where its field does not stand; and whether none changed."""
    values = [texts[place] for place in places.tolist()]
    distinct = {value: number for number, value in enumerate(dict.fromkeys(values))}
    found = np.fromiter(map(distinct.__getitem__, values), np.int32, len(values))
    numbers: dict[str | None, int] = {None: 0}
    renumbered = np.fromiter(
        (numbers.setdefault(text_in(value.decode()), len(numbers)) for value in distinct),
        np.int32,
        len(distinct),
    )
    codes: npt.NDArray[np.int32] = np.zeros(len(rows), np.int32)
    codes[_owner(rows, places)] = renumbered[found] if len(found) else found
    read = list(numbers)
    is_as_written = len(read) == len(distinct) + 1 and all(
        text is not None and (raw == text.encode() or raw == escape(text).encode())
        for raw, text in zip(distinct, read[1:], strict=True)
    )
    return Text(codes, read), is_as_written


def text_in(text: str) -> str | None:
    """Give what a text says: without space around it, and without carriage returns."""
    return unescaped(text).replace("&#13;", "").replace("\r", "").strip() or None


def unescaped(text: str) -> str:
    """Give a text of XML with its references resolved."""
    return REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    name = reference[1]
    if name[0] != "#":
        return NAMED[name]
    return chr(int("0" + name[1:], 0) if name[1] == "x" else int(name[1:]))
