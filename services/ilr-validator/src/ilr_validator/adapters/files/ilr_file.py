"""An ILR file on disk: its head, where each learner stands, and its end, read without building it.

Learners are found by their start tags. That is sound only where no comment, CDATA section or other
encoding can hide or fake a tag; a file with any of these is first rewritten in plain form.
"""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from lxml import etree

from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import schema_refusals, syntax_refusal

LEARNER_START: Final = re.compile(rb"<Learner[\s>/]")
LEARNER_END: Final = b"</Learner>"
DECLARED_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
NAMESPACE: Final = re.compile(
    rb"""<(?:[A-Za-z_][\w.-]*:)?Message\b[^>]*?xmlns(?::\w+)?\s*=\s*["']([^"']*)"""
)
LARGEST_HEAD: Final = 1024 * 1024
LARGEST_PART: Final = 8 * 1024 * 1024
MOST_LEARNERS: Final = 1000


def parser() -> etree.XMLParser:
    """Make a parser that opens nothing, expands nothing and keeps libxml2's limits."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of the file says."""

    values: dict[str, str]
    """Header, source and provider fields by name; the provider's UKPRN as LearningProviderUKPRN."""


@dataclass(frozen=True, slots=True)
class IlrFile:
    """A file in plain form, with the byte at which each learner starts."""

    path: Path
    namespace: str
    header: Header
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

    @contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """Map the file into memory while it is read."""
        with _mapped(self.path) as data:
            yield data

    def slice(self, data: mmap.mmap, first: int, behind: int) -> bytes:
        """Give the XML of a range of learners."""
        return data[int(self.starts[first]) : int(self.starts[behind])]

    def line_of(self, data: mmap.mmap, learner: int) -> int:
        """Give the line at which a learner starts, from 1."""
        start, step, lines = int(self.starts[learner]), 1 << 24, 1
        for place in range(0, start, step):
            lines += data[place : min(place + step, start)].count(b"\n")
        return lines


def pack_year(path: Path) -> str | None:
    """Give the academic year in the file's namespace, as "2025-26"; None where there is none."""
    with path.open("rb") as stream:
        found = NAMESPACE.search(stream.read(LARGEST_HEAD))
    return found[1].decode("utf-8", "replace").rpartition("/")[2] if found else None


def open_file(path: Path, *, pack: str, work: Path) -> IlrFile:
    """Read the head of a file and find its learners.

    Raises FileRefusedError where the head breaks the loose schema or the namespace is another
    year's.
    """
    namespace = f"ESFA/ILR/{pack}"
    with _mapped(path) as data:
        if data.find(b"<!DOCTYPE") >= 0:
            raise FileRefusedError(
                Refusal("Schema", "Document type declarations and entities are not allowed.")
            )
        is_plain = _is_plain(data)
    if not is_plain:
        path = _rewritten(path, work / "plain.xml", namespace)
    with _mapped(path) as data:
        found = (place.start() for place in LEARNER_START.finditer(data))
        starts = np.fromiter(found, np.int64)
        first = int(starts[0]) if len(starts) else len(data)
        end = max(data.rfind(LEARNER_END) + len(LEARNER_END), first)
        if first > LARGEST_HEAD or len(data) - end > LARGEST_HEAD:
            _explain(path, pack)
        header = _header(data[:first], data[end:], pack)
    return IlrFile(path, namespace, header, np.append(starts, end))


def _is_plain(data: mmap.mmap) -> bool:
    start = data[:LARGEST_HEAD]
    declared = DECLARED_ENCODING.match(start.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"us-ascii", b"ascii"}:
        return False
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in start[:64]:
        return False
    root = start.find(b"<Message")
    if root < 0 or data.find(b"<?", 5) >= 0:
        return False
    return data.find(b"<!") < 0


def _rewritten(path: Path, target: Path, namespace: str) -> Path:
    """Write the file anew without comments, CDATA, instructions and prefixes, in UTF-8."""
    root = f"{{{namespace}}}Message"
    try:
        with target.open("xb") as out:
            out.write(f'<Message xmlns="{namespace}">'.encode())
            depth_of_root = None
            events = etree.iterparse(
                str(path), events=("start", "end"), resolve_entities=False, no_network=True,
                load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False,
            )  # fmt: skip
            for event, element in events:
                if depth_of_root is None:
                    depth_of_root = element
                    if element.tag != root:
                        raise _wrong_root(element)
                elif event == "end" and element.getparent() is depth_of_root:
                    element.tail = None
                    out.write(b"\n")
                    _write_plain(element, out, namespace)
                    element.clear()
                    while element.getprevious() is not None:
                        del depth_of_root[0]
            out.write(b"\n</Message>\n")
    except etree.XMLSyntaxError as error:
        raise FileRefusedError(syntax_refusal(error)) from None
    return target


def _write_plain(element: Any, out: Any, namespace: str) -> None:
    etree.cleanup_namespaces(element)
    text = etree.tostring(element, encoding="utf-8")
    # Inside the root the namespace is declared already; libxml2 repeats it on each child.
    prefix = element.prefix
    if prefix:
        text = re.sub(rb"(</?)" + prefix.encode() + rb":", rb"\1", text)
        text = text.replace(f' xmlns:{prefix}="{namespace}"'.encode(), b"")
    out.write(text.replace(f' xmlns="{namespace}"'.encode(), b""))


def _wrong_root(element: Any) -> FileRefusedError:
    name = etree.QName(element)
    if name.localname == "Message":
        return FileRefusedError(
            Refusal("Namespace Mismatch", "The namespace of the file is not that of the year.")
        )
    return FileRefusedError(Refusal("Schema", "The file is no ILR file: its root is not Message."))


def _header(head: bytes, tail: bytes, pack: str) -> Header:
    try:
        tree = etree.fromstring(head + tail, parser())
    except (etree.XMLSyntaxError, ValueError):
        raise FileRefusedError(_explanation_of(head, tail)) from None
    if tree.tag != f"{{ESFA/ILR/{pack}}}Message":
        raise _wrong_root(tree)
    schema = loose_schema(pack, is_part=False)
    if not schema.validate(tree):
        raise FileRefusedError(*schema_refusals(schema.error_log))
    values: dict[str, str] = {}
    for element in tree.iter():
        name, text = etree.QName(element).localname, (element.text or "").strip()
        above = element.getparent()
        if above is not None and etree.QName(above).localname == "LearningProvider":
            name = "LearningProviderUKPRN"
        if not len(element) and text:
            values.setdefault(name, text)
    return Header(values)


def _explanation_of(head: bytes, tail: bytes) -> Refusal:
    """Say at which line of the file its head or its end is malformed."""
    try:
        etree.fromstring(head + b"</Message>", parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        return syntax_refusal(error)
    where = "behind the last learner" if tail.strip() else "where its end should be"
    return Refusal("Schema", f"The XML is malformed or breaks off {where}.")


def _explain(path: Path, pack: str) -> None:
    """Say what is wrong with a file that has no learner for a megabyte; it is read, never kept."""
    try:
        for _, element in etree.iterparse(str(path), resolve_entities=False, no_network=True):
            element.clear()
    except etree.XMLSyntaxError as error:
        raise FileRefusedError(syntax_refusal(error)) from None
    message = f"The file is no ILR file of {pack}: a megabyte of it is no learner."
    raise FileRefusedError(Refusal("Schema", message))
