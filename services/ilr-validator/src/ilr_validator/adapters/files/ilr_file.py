"""An ILR file: its head, where each learner stands, and its end, read without building it.

Learners are found by their start tags. That is sound only where no comment, CDATA section or other
encoding can hide or fake a tag; a file with any of these is first rewritten in plain form
(`plain_form`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from lxml import etree

from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.plain_form import learner_starts, rewrite, root_fault
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import parsed, schema_refusals, syntax_refusal
from ilr_validator.adapters.files.sources import Source, Workspace, windows
from ilr_validator.packs.record_model import load_record_model

LEARNER_END: Final = re.compile(
    rb"""</Learner\s*>|<Learner(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*/>"""
)
NAMESPACE: Final = re.compile(
    rb"""<(?:[A-Za-z_][\w.-]*:)?Message\b[^>]*?xmlns(?::\w+)?\s*=\s*["']ESFA/ILR/(\d{4}-\d\d)["']"""
)
ROOT: Final = '<Message xmlns="{}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
"""What a part of a file stands below; exports declare xsi on their root."""
LARGEST_HEAD: Final = 1024 * 1024
LARGEST_LEARNER: Final = 64 * 1024 * 1024
LARGEST_PART: Final = 8 * 1024 * 1024
MOST_LEARNERS: Final = 4000
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

    def parts(self, learners: int | None = None) -> Iterator[tuple[int, int]]:
        """Give ranges of learners, of so many learners and bytes that a part is soon checked."""
        learners = learners or MOST_LEARNERS
        first = 0
        while first < self.size:
            most = int(np.searchsorted(self.starts, self.starts[first] + LARGEST_PART, "right")) - 1
            behind = max(first + 1, min(first + learners, most, self.size))
            yield first, behind
            first = behind

    def document(self, learners: bytes) -> bytes:
        """Give learners a root on the first one's own line, so that lines count as in the file."""
        return ROOT.format(self.namespace).encode() + learners + b"</Message>"

    def learners(self, first: int, behind: int) -> bytes:
        """Give the XML of a range of learners."""
        return self.source.read(int(self.starts[first]), int(self.starts[behind]))

    def line_of(self, learner: int) -> int:
        """Give the line at which a learner starts, from 1."""
        return lines_before(self.source, int(self.starts[learner])) + 1


def pack_year(source: Source) -> str | None:
    """Give the academic year in the file's namespace, as "2025-26"; None where there is none."""
    found = NAMESPACE.search(source.read(0, LARGEST_HEAD))
    return found[1].decode() if found else None


def open_file(source: Source, *, pack: str, work: Workspace) -> IlrFile:
    """Read the head of a file and find its learners.

    Raises FileRefusedError where the file is malformed, has a document type declaration, is in the
    namespace of another year, or its head breaks the loose schema.
    """
    namespace = f"ESFA/ILR/{pack}"
    starts = learner_starts(source)
    if starts is None:
        rewrite(source, work, PLAIN, namespace)
        source = work.source(PLAIN)
        starts = learner_starts(source, is_plain=True)
        assert starts is not None  # noqa: S101 - so it is for a file in plain form
    end = _end_of_last(source, starts)
    first = int(starts[0]) if len(starts) else source.size
    if first > LARGEST_HEAD or source.size - end > LARGEST_HEAD:
        raise FileRefusedError(_long_head(source, pack))
    header = _header(source, first, end, pack)
    return IlrFile(source, namespace, header, np.append(starts, end))


def _end_of_last(source: Source, starts: npt.NDArray[np.int64]) -> int:
    """Find where the last learner ends; the end of the file where there is none.

    Raises FileRefusedError where the last one has no end.
    """
    if not len(starts):
        return source.size
    last = int(starts[-1])
    rest = source.read(last, last + LARGEST_LEARNER)
    ends = [one.end() for one in LEARNER_END.finditer(rest)]
    if not ends:
        raise FileRefusedError(_without_end(source, last, rest))
    return last + ends[-1]


def _without_end(source: Source, last: int, rest: bytes) -> Refusal:
    """Say at which line a file breaks off, or goes wrong, within its last learner."""
    before = lines_before(source, last)
    try:
        parsed(rest, before)
    except FileRefusedError as error:
        return error.refusals[0]
    return Refusal("Schema", "A learner has no end that can be found.", line=before + 1)


def lines_before(source: Source, end: int) -> int:
    """Count the lines that end before a byte."""
    lines = 0
    for place, data in windows(source, 0):
        if place >= end:
            break
        lines += data[: end - place].count(b"\n")
    return lines


def _header(source: Source, first: int, end: int, pack: str) -> dict[str, str]:
    head, tail = source.read(0, first), source.read(end, source.size)
    # One empty learner stands for all: they must be where learners may stand.
    learners = b"<Learner/>" if end > first else b""
    try:
        tree = parsed(head + learners + tail)
    except FileRefusedError as error:
        raise _in_file(error, source, head, end, is_head_sound=_is_sound(head)) from None
    fault = root_fault(tree, f"ESFA/ILR/{pack}")
    if fault is not None:
        raise FileRefusedError(fault)
    schema = loose_schema(pack, is_part=False)
    if not schema.validate(tree):
        known = load_record_model(pack).names
        refused = FileRefusedError(*schema_refusals(schema.error_log, known))
        raise _in_file(refused, source, head, end)
    return dict(_fields(tree))


def _is_sound(head: bytes) -> bool:
    try:
        parsed(head + b"</Message>")
    except FileRefusedError:
        return False
    return True


def _in_file(
    error: FileRefusedError, source: Source, head: bytes, end: int, *, is_head_sound: bool = False
) -> FileRefusedError:
    """Give the refusals of a head and tail the lines that they have in the file.

    The learners' own lines were left out, so the lines behind them are counted on. Head and tail
    meet on one line: what is wrong there is the tail's where the head is sound.
    """
    left_out = lines_before(source, end) - head.count(b"\n")
    last = head.count(b"\n") + 1 - is_head_sound
    return FileRefusedError(
        *(
            replace(one, line=one.line + left_out) if one.line and one.line > last else one
            for one in error.refusals
        )
    )


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


def _long_head(source: Source, pack: str) -> Refusal:
    """Say what is wrong with a file of which a megabyte is no learner; it is read, never kept."""
    with source.stream() as stream:
        events = etree.iterparse(stream, resolve_entities=False, no_network=True)
        try:
            for _, element in events:
                element.clear()
        except etree.XMLSyntaxError:
            return syntax_refusal(events.error_log)
    return Refusal("Schema", f"The file is no ILR file of {pack}: a megabyte of it is no learner.")
