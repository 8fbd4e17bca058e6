"""Tells whether a file is in plain form, and rewrites it where it is not.

Plain form: UTF-8, no comments, CDATA sections or processing instructions, the year's namespace by
default and no prefix for it. Document type declarations are refused outright.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
from lxml import etree

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import element_refusal, syntax_refusal
from ilr_validator.adapters.files.sources import Source, Workspace, windows

DECLARED_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
PLAIN_ENCODINGS: Final = frozenset({b"utf-8", b"us-ascii", b"ascii"})
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
START: Final = 4096
DECLARATION: Final = re.compile(rb"\s*<\?xml\s")
PLAIN_ROOT: Final = re.compile(rb"<Message[\s>]")
PREFIXED: Final = re.compile(rb"""xmlns:[^\s=]+\s*=\s*["']ESFA/ILR/|:Learner[\s/>]""")
"""The year's namespace under a prefix: then learners may have start tags of another form."""
OVERLAP: Final = 64
LEARNER: Final = b"<Learner"
ENDS_NAME: Final = np.frombuffer(b" \t\r\n/>", np.uint8)
LESS, EXCLAMATION, QUESTION = b"<!?"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
CARRIAGE_RETURN: Final = {"\r": "&#13;"}


def learner_starts(source: Source, *, is_plain: bool = False) -> npt.NDArray[np.int64] | None:
    """Find where learners start; None where the file is not in plain form.

    `is_plain`: it is known to be, since `rewrite` wrote it.
    """
    start = source.read(0, START)
    if not (is_plain or _begins_plain(start)):
        return None
    declaration = DECLARATION.match(start.removeprefix(BYTE_ORDER_MARK))
    declaration_ends = start.find(b"?>") if declaration else 0
    found: list[npt.NDArray[np.int64]] = []
    for place, data in windows(source, OVERLAP):
        padded = data + bytes(len(LEARNER) + 1)  # a tag cut off here is whole in the next window
        tags = np.flatnonzero(np.frombuffer(data, np.uint8) == LESS)
        words = np.ndarray((len(data),), "<u8", padded, strides=(1,))[tags]
        second = words.astype(np.uint16) >> 8
        is_markup = (second == EXCLAMATION) | (second == QUESTION)
        hides_tags = (tags[is_markup] + place >= declaration_ends).any()
        has_prefix = data.find(b":Learner") >= 0 and PREFIXED.search(data)
        if not is_plain and (hides_tags or has_prefix):
            return None
        begins = tags[words == np.frombuffer(LEARNER, "<u8")]
        ends_name = np.isin(np.frombuffer(padded, np.uint8)[begins + len(LEARNER)], ENDS_NAME)
        found.append(begins[ends_name] + place)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _begins_plain(start: bytes) -> bool:
    if b"\x00" in start[:64] or start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    declared = DECLARED_ENCODING.match(start.removeprefix(BYTE_ORDER_MARK))
    if declared and declared[1].lower() not in PLAIN_ENCODINGS:
        return False
    return bool(PLAIN_ROOT.search(start)) and not PREFIXED.search(start)


NO_DOCTYPE: Final = "Document type declarations and entities are not allowed in an ILR file."


def rewrite(source: Source, work: Workspace, name: str, namespace: str) -> None:
    """Write the file anew in plain form; learners begin on the lines on which they stood.

    Raises FileRefusedError where it is malformed or its root is not that of the year.
    """
    with source.stream() as stream, work.create(name) as out:
        out.write(f'<Message xmlns="{namespace}">'.encode())
        events = _events(stream)
        try:
            _rewrite(events, out, namespace)
        except etree.XMLSyntaxError:
            raise FileRefusedError(syntax_refusal(events.error_log)) from None
        out.write(b"\n</Message>\n")


def _rewrite(events: Any, out: BinaryIO, namespace: str) -> None:
    root = None
    lines = 1
    for event, element in events:
        if root is None:
            root = element
            _check_root(root, namespace)
        elif event == "end" and (element is root or element.getparent() is root):
            _check_text_before(element, root)
            if element is root:
                continue  # what stands behind it is still to be read
            apart = max(element.sourceline - lines, 0)
            text = "\n" * apart + "".join(written(element, namespace))
            lines += text.count("\n")
            out.write(text.encode())
            element.clear(keep_tail=True)
            while element.getprevious() is not None:
                del root[0]


def _check_root(root: Any, namespace: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileRefusedError(Refusal("Schema", NO_DOCTYPE))
    fault = root_fault(root, namespace)
    for attribute in root.attrib:
        namespace, name = name_of(attribute)
        if namespace != XSI:
            kind = "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1"
            fault = fault or element_refusal(kind, "Message", attribute=name, line=root.sourceline)
    if fault is not None:
        raise FileRefusedError(fault)


def _check_text_before(element: Any, root: Any) -> None:
    """Look at the text between the children of the root, which is not written anew."""
    if element is root:
        before = root[-1].tail if len(root) else root.text
    else:
        previous = element.getprevious()
        before = root.text if previous is None else previous.tail
    if (before or "").strip():
        kind = "SCHEMAV_CVC_COMPLEX_TYPE_2_3"
        raise FileRefusedError(element_refusal(kind, "Message", line=element.sourceline))


def _events(stream: BinaryIO) -> Any:
    return etree.iterparse(
        stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True, huge_tree=False,
    )  # fmt: skip


def written(element: Any, namespace: str) -> Iterator[str]:
    """Give an element without prefixes; `namespace` is the one that holds where it stands."""
    own, name = name_of(element.tag)
    yield f"<{name}"
    if own != namespace:
        yield f" xmlns={quoteattr(own)}"
    for number, (key, value) in enumerate(element.attrib.items()):
        space, attribute = name_of(key)
        yield f" xmlns:a{number}={quoteattr(space)} a{number}:" if space else " "
        yield f"{attribute}={quoteattr(value)}"
    yield ">" + escape(element.text or "", CARRIAGE_RETURN)
    for child in element:
        yield from written(child, own)
        yield escape(child.tail or "", CARRIAGE_RETURN)
    yield f"</{name}>"


def name_of(tag: str) -> tuple[str, str]:
    """Give namespace and name; a prefix that nobody declared is part of the name.

    The parser tells of such a prefix only at the end of the file, and QName does not take it.
    """
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    return namespace, name


def root_fault(element: Any, namespace: str) -> Refusal | None:
    """Say what is wrong with the root element; None where it is the year's Message."""
    own, name = name_of(element.tag)
    line = element.sourceline
    if name != "Message":
        return Refusal("Schema", "The file is no ILR file: its root is not Message.", line=line)
    if own != namespace:
        message = "The namespace of the file is not that of the year."
        return Refusal("Namespace Mismatch", message, line=line)
    return None
