"""An ILR file: its head, where each learner stands, and its end, read without building it.

Learners are found by their start tags. That is sound only where no comment, CDATA section or other
encoding can hide or fake a tag; a file with any of these is first rewritten in plain form
(`plain_form`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from lxml import etree

from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.plain_form import is_plain, rewrite, root_fault
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import schema_refusals, syntax_refusal
from ilr_validator.adapters.files.sources import Source, Workspace, windows
from ilr_validator.adapters.files.xml_parser import parser

LEARNER_START: Final = re.compile(rb"<Learner[\s>/]")
LEARNER_END: Final = b"</Learner>"
NAMESPACE: Final = re.compile(
    rb"""<(?:[A-Za-z_][\w.-]*:)?Message\b[^>]*?xmlns(?::\w+)?\s*=\s*["']([^"']*)"""
)
LARGEST_HEAD: Final = 1024 * 1024
LARGEST_PART: Final = 8 * 1024 * 1024
MOST_LEARNERS: Final = 1000
PLAIN: Final = "plain.xml"


@dataclass(frozen=True, slots=True)
class IlrFile:
    """A file in plain form, with the byte at which each learner starts."""

    source: Source
    namespace: str
    header: dict[str, str]
    """Fields of header, source and provider; the provider's UKPRN as LearningProviderUKPRN."""
    starts: npt.NDArray[np.int64]
    """One entry for each learner and one for the end of the last."""

    @property
    def size(self) -> int:
        """Give the number of learners."""
        return len(self.starts) - 1

    def parts(self) -> Iterator[tuple[int, int]]:
        """Give ranges of learners, of so many learners and bytes that a part is soon checked."""
        first = 0
        while first < self.size:
            most = int(np.searchsorted(self.starts, self.starts[first] + LARGEST_PART, "right")) - 1
            behind = max(first + 1, min(first + MOST_LEARNERS, most, self.size))
            yield first, behind
            first = behind

    def learners(self, first: int, behind: int) -> bytes:
        """Give the XML of a range of learners."""
        return self.source.read(int(self.starts[first]), int(self.starts[behind]))

    def line_of(self, learner: int) -> int:
        """Give the line at which a learner starts, from 1."""
        start, lines = int(self.starts[learner]), 1
        for place, data in windows(self.source, 0):
            if place >= start:
                break
            lines += data[: start - place].count(b"\n")
        return lines


def pack_year(source: Source) -> str | None:
    """Give the academic year in the file's namespace, as "2025-26"; None where there is none."""
    found = NAMESPACE.search(source.read(0, LARGEST_HEAD))
    return found[1].decode("utf-8", "replace").rpartition("/")[2] if found else None


def open_file(source: Source, *, pack: str, work: Workspace) -> IlrFile:
    """Read the head of a file and find its learners.

    Raises FileRefusedError where the file is malformed, has a document type declaration, is in the
    namespace of another year, or its head breaks the loose schema.
    """
    namespace = f"ESFA/ILR/{pack}"
    if not is_plain(source):
        rewrite(source, work, PLAIN, namespace)
        source = work.source(PLAIN)
    starts, end = _learners(source)
    first = int(starts[0]) if len(starts) else source.size
    if first > LARGEST_HEAD or source.size - end > LARGEST_HEAD:
        raise FileRefusedError(_long_head(source, pack))
    header = _header(source.read(0, first), source.read(end, source.size), pack)
    return IlrFile(source, namespace, header, np.append(starts, end))


def _learners(source: Source) -> tuple[npt.NDArray[np.int64], int]:
    """Find where learners start, and where the last one ends."""
    starts: list[npt.NDArray[np.int64]] = []
    last_end = 0
    longest = max(len(LEARNER_END), len(b"<Learner>")) - 1
    for place, data in windows(source, longest):
        found = np.fromiter((one.start() for one in LEARNER_START.finditer(data)), np.int64)
        starts.append(found + place)
        end = data.rfind(LEARNER_END)
        last_end = place + end + len(LEARNER_END) if end >= 0 else last_end
    every = np.unique(np.concatenate(starts)) if starts else np.zeros(0, np.int64)
    return every, max(last_end, int(every[0])) if len(every) else source.size


def _header(head: bytes, tail: bytes, pack: str) -> dict[str, str]:
    try:
        tree = etree.fromstring(head + tail, parser())
    except (etree.XMLSyntaxError, ValueError):
        raise FileRefusedError(_broken_off(head, tail)) from None
    fault = root_fault(tree, f"ESFA/ILR/{pack}")
    if fault is not None:
        raise FileRefusedError(fault)
    schema = loose_schema(pack, is_part=False)
    if not schema.validate(tree):
        raise FileRefusedError(*schema_refusals(schema.error_log))
    return dict(_fields(tree))


def _fields(tree: Any) -> Iterator[tuple[str, str]]:
    for element in tree.iter():
        text = (element.text or "").strip()
        if len(element) or not text:
            continue
        above = etree.QName(element.getparent()).localname
        if above == "SourceFile":
            continue
        name = etree.QName(element).localname
        yield ("LearningProviderUKPRN" if above == "LearningProvider" else name), text


def _broken_off(head: bytes, tail: bytes) -> Refusal:
    """Say at which line of the file its head is malformed, or that its end is."""
    try:
        etree.fromstring(head + b"</Message>", parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        return syntax_refusal(error)
    where = "behind the last learner" if tail.strip() else "where its end should be"
    return Refusal("Schema", f"The XML is malformed or breaks off {where}.")


def _long_head(source: Source, pack: str) -> Refusal:
    """Say what is wrong with a file of which a megabyte is no learner; it is read, never kept."""
    try:
        with source.stream() as stream:
            for _, element in etree.iterparse(stream, resolve_entities=False, no_network=True):
                element.clear()
    except etree.XMLSyntaxError as error:
        return syntax_refusal(error)
    return Refusal("Schema", f"The file is no ILR file of {pack}: a megabyte of it is no learner.")
