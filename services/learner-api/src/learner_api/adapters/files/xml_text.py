"""Makes the beginning of an XML file safe: its encoding, its prolog and its root.

Runs before the XML parser sees a byte, so that no DTD and no surprising encoding reaches it.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final, Literal, cast

from lxml import etree

from learner_api.adapters.files.content import Content
from learner_api.domain.record_file import FileRefused
from matricula_contracts import fields

Element = etree._Element  # noqa: SLF001 - lxml's element type has no public name

_SINGLE_BYTE: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}
_UTF_32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_DECLARED: Final = re.compile(
    r"<\?xml\s[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._\-]{0,39})[\"']"
)
_PROLOG: Final = re.compile(r"(?:[ \t\r\n]+|<\?(?:(?!\?>)[\s\S])*\?>|<!--(?:(?!-->)[\s\S])*-->)*")
_ILR_NAMESPACE: Final = re.compile(r"E?SFA/ILR/(20[0-9]{2}-[0-9]{2})")
_SCHEMA_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_ROOT_ATTRIBUTES: Final = frozenset(
    {_SCHEMA_INSTANCE + "schemaLocation", _SCHEMA_INSTANCE + "noNamespaceSchemaLocation"}
)


def new_parser(*, event: Literal["start", "end"], tags: list[str] | None) -> etree.XMLPullParser:
    """Return a parser that loads nothing, resolves nothing and keeps libxml2's own limits.

    It reports one kind of event, for elements with one of the tags (None: for all).
    """
    return etree.XMLPullParser(
        events=(event,),
        tag=tags,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def malformed(error: etree.XMLSyntaxError) -> FileRefused:
    """Return the refusal of a file that is not XML, with the place and not the parser's text."""
    line, column = error.position
    return FileRefused("malformed-xml", line=line, column=column)


def elements(parser: etree.XMLPullParser) -> Iterator[Element]:
    """Yield the elements that the parser has reported since the last time."""
    for _, element in parser.read_events():
        if isinstance(element, Element):
            yield element


def line_of(element: Element) -> int | None:
    """Return the line on which an element begins."""
    return cast("int | None", element.sourceline)


def feed(parser: etree.XMLPullParser, chunk: bytes) -> None:
    """Give the parser a chunk; FileRefused `malformed-xml` on any error in it.

    The parser reports some errors only in its log and would begin a new document on the next
    chunk, so the log is looked at each time.
    """
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise malformed(error) from None
    for entry in parser.feed_error_log:
        if entry.level >= etree.ErrorLevels.ERROR:
            raise FileRefused("malformed-xml", line=entry.line, column=entry.column)


def utf8_chunks(content: Content) -> Iterator[bytes]:
    """Yield the file as UTF-8, from whichever known encoding; prolog and root are checked."""
    encoding = _encoding_of(content.beginning)
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    for chunk in content.chunks():
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:
            raise FileRefused("wrong-encoding", declared=encoding) from None
        encoded = chunk if encoding == "utf-8" else text.encode()
        if first:
            first = False
            _check_prolog(text)
            _check_root(encoded)
        yield encoded


def _encoding_of(beginning: bytes) -> str:
    """Return the codec of a file from its first bytes and its declaration, which must agree."""
    if beginning.startswith(_UTF_32):
        raise FileRefused("wrong-encoding", declared="utf-32")
    wide = None
    if beginning.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        wide = "utf-16-le"
    elif beginning.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        wide = "utf-16-be"
    head = beginning[:1024].decode(wide or "latin-1", errors="replace")
    found = _DECLARED.search(head)
    declared = found[1].lower() if found else None
    if wide is not None:
        if declared is None or declared in {"utf-16", wide, wide.replace("16-", "16")}:
            return wide
    elif declared is None:
        return "utf-8"
    elif declared in _SINGLE_BYTE:
        codec = _SINGLE_BYTE[declared]
        if codec == "utf-8" or not beginning.startswith(codecs.BOM_UTF8):
            return codec
    raise FileRefused("wrong-encoding", declared=_known_codec(declared))


def _known_codec(declared: str | None) -> str | None:
    """Return an encoding's usual name; a name that nobody knows is not repeated."""
    try:
        return codecs.lookup(declared).name if declared else None
    except (LookupError, ValueError):
        return None


def _check_prolog(text: str) -> None:
    """Refuse a document type before the parser could act on it."""
    begin = 1 if text.startswith("\ufeff") else 0
    match = _PROLOG.match(text, begin)
    if text.startswith("<!DOCTYPE", match.end() if match else begin):
        raise FileRefused("external-entities-forbidden")


def _check_root(beginning: bytes) -> None:
    parser = new_parser(event="start", tags=None)
    feed(parser, beginning)
    root = next(elements(parser), None)
    if root is None:
        raise FileRefused("malformed-xml", line=1, column=1)
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileRefused("external-entities-forbidden")
    name = etree.QName(root)
    if name.localname != "Message":
        raise FileRefused("wrong-namespace", expected=fields.NAMESPACE, found=None)
    if name.namespace != fields.NAMESPACE:
        known = _ILR_NAMESPACE.fullmatch(name.namespace or "")
        raise FileRefused(
            "wrong-namespace",
            expected=fields.NAMESPACE,
            found=known[0] if known else None,
        )
    if not _ROOT_ATTRIBUTES.issuperset(root.keys()):
        raise FileRefused("file-structure-invalid", line=line_of(root))
