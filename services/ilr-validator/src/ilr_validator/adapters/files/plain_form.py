"""Tells whether a file is in plain form, and rewrites it where it is not.

Plain form: UTF-8, no comments, CDATA sections or processing instructions, the year's namespace by
default and no prefix for it. Document type declarations are refused outright.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import element_refusal, syntax_refusal
from ilr_validator.adapters.files.sources import Source, Workspace, windows

DECLARED_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
PLAIN_ENCODINGS: Final = frozenset({b"utf-8", b"us-ascii", b"ascii"})
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
START: Final = 4096
PLAIN_ROOT: Final = re.compile(rb"<Message[\s>]")
PREFIXED: Final = re.compile(rb"""xmlns:[^\s=]+\s*=\s*["']ESFA/ILR/|:Learner[\s/>]""")
"""The year's namespace under a prefix: then learners may have start tags of another form."""
OVERLAP: Final = 64
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
CARRIAGE_RETURN: Final = {"\r": "&#13;"}


def is_plain(source: Source) -> bool:
    """Tell whether start tags of the file can be found by their bytes."""
    start = source.read(0, START)
    if b"\x00" in start[:64] or start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    declared = DECLARED_ENCODING.match(start.removeprefix(BYTE_ORDER_MARK))
    if declared and declared[1].lower() not in PLAIN_ENCODINGS:
        return False
    if not PLAIN_ROOT.search(start) or PREFIXED.search(start):
        return False
    declaration = re.match(rb"\s*<\?xml\s", start.removeprefix(BYTE_ORDER_MARK))
    declaration_ends = start.find(b"?>") + 2 if declaration else 0
    return not any(
        data.find(b"<!") >= 0
        or data.find(b"<?", max(declaration_ends - place, 0)) >= 0
        or (data.find(b":Learner") >= 0 and PREFIXED.search(data))
        for place, data in windows(source, OVERLAP)
    )


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
