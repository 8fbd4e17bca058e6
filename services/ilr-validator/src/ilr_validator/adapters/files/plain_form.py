"""Tells whether a file is in plain form, and rewrites it where it is not.

Plain form: UTF-8, no comments, CDATA sections or processing instructions, the year's namespace by
default and no prefixes. Document type declarations are refused outright.
"""

import re
from typing import Any, BinaryIO, Final

from lxml import etree

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.schema_errors import syntax_refusal
from ilr_validator.adapters.files.sources import Source, Workspace, windows

DECLARED_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
PLAIN_ENCODINGS: Final = frozenset({b"utf-8", b"us-ascii", b"ascii"})
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
START: Final = 4096


def is_plain(source: Source) -> bool:
    """Tell whether start tags of the file can be found by their bytes.

    Raises FileRefusedError where there is a document type declaration.
    """
    start = source.read(0, START)
    if b"\x00" in start[:64] or start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    declared = DECLARED_ENCODING.match(start.removeprefix(BYTE_ORDER_MARK))
    result = not declared or declared[1].lower() in PLAIN_ENCODINGS
    declaration_ends = start.find(b"?>") + 2 if declared else 0
    for place, data in windows(source, len(b"<!DOCTYPE")):
        if b"<!DOCTYPE" in data:
            raise FileRefusedError(NO_DOCTYPE)
        behind = max(declaration_ends - place, 0)
        result = result and data.find(b"<!") < 0 and data.find(b"<?", behind) < 0
    return result and re.search(rb"<Message[\s>]", start) is not None


NO_DOCTYPE: Final = Refusal(
    "Schema", "Document type declarations and entities are not allowed in an ILR file."
)


def rewrite(source: Source, work: Workspace, name: str, namespace: str) -> None:
    """Write the file anew in plain form.

    Raises FileRefusedError where it is malformed or its root is not that of the year.
    """
    try:
        with source.stream() as stream, work.create(name) as out:
            out.write(f'<Message xmlns="{namespace}">'.encode())
            root = None
            for event, element in _events(stream):
                if root is None:
                    root = element
                    fault = root_fault(element, namespace)
                    if fault is not None:
                        raise FileRefusedError(fault)
                    if root.getroottree().docinfo.internalDTD is not None:
                        raise FileRefusedError(NO_DOCTYPE)
                elif event == "end" and element.getparent() is root:
                    _write(element, out, namespace)
                    element.clear()
                    while element.getprevious() is not None:
                        del root[0]
            out.write(b"\n</Message>\n")
    except etree.XMLSyntaxError as error:
        raise FileRefusedError(syntax_refusal(error)) from None


def _events(stream: BinaryIO) -> Any:
    return etree.iterparse(
        stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True, huge_tree=False,
    )  # fmt: skip


def _write(element: Any, out: BinaryIO, namespace: str) -> None:
    """Write a child of the root; its namespace stands on the root already."""
    element.tail = None
    text = etree.tostring(element, encoding="utf-8", xml_declaration=False)
    if element.prefix:
        prefix = re.escape(element.prefix.encode())
        text = re.sub(rb"(</?)" + prefix + rb":", rb"\1", text)
        text = re.sub(rb' xmlns:%s="[^"]*"' % prefix, b"", text)
    out.write(b"\n" + text.replace(f' xmlns="{namespace}"'.encode(), b""))


def root_fault(element: Any, namespace: str) -> Refusal | None:
    """Say what is wrong with the root element; None where it is the year's Message."""
    name = etree.QName(element)
    if name.localname != "Message":
        return Refusal("Schema", "The file is no ILR file: its root is not Message.")
    if name.namespace != namespace:
        return Refusal("Namespace Mismatch", "The namespace of the file is not that of the year.")
    return None
