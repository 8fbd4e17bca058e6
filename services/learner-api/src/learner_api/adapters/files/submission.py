"""Opens a learner file whatever its format: the way into this package.

The content decides what a file is; its media type and name count only where the content is silent.
Everything here is synchronous and works the processor: callers run it in a thread of its own.
"""

import codecs
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Final, Literal, Self, cast

from learner_api.adapters.files.content import Content, RecordReader
from learner_api.adapters.files.csv_reader import RECORD, CsvReader
from learner_api.adapters.files.ndjson_reader import NdjsonReader
from learner_api.adapters.files.xml_reader import XmlReader
from learner_api.adapters.files.zip_member import ZipMember
from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileHead, FileRefused, Limits

Format = Literal["xml", "csv", "ndjson"]

_ZIP_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_WIDE_XML: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_SPACE: Final = b" \t\r\n"
_MEDIA_TYPES: Final[dict[str, Format]] = {
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
_SUFFIXES: Final[dict[str, Format]] = {
    "xml": "xml",
    "csv": "csv",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
}
_DEFAULT_LIMITS: Final = Limits()


class RecordFile:
    """One pass over one learner file. Closing it leaves the caller's stream open."""

    def __init__(
        self,
        stream: BinaryIO,
        reader: RecordReader,
        *,
        format: Format,  # noqa: A002 - the public word for it
        member: ZipMember | None,
        bytes_total: int,
    ) -> None:
        self._stream = stream
        self._reader = reader
        self._member = member
        self._is_read = False
        self.format: Format = format
        self.container: Literal["zip"] | None = "zip" if member else None
        self.bytes_total = bytes_total

    @property
    def bytes_read(self) -> int:
        """How far into the stored file reading has come."""
        return min(self._stream.tell(), self.bytes_total)

    def head(self) -> FileHead:
        """Read the header and no learner; FileRefused when it will not do."""
        return self._reader.head()

    def records(self) -> Iterator[ParsedRecord]:
        """Yield the learners in file order, once.

        FileRefused may come at any point, also after the last learner: the file then counts as
        refused whole, and what was made of the records before has to go.
        """
        if self._is_read:
            message = "the records of a file can be read once"
            raise RuntimeError(message)
        self._is_read = True
        self.head()
        is_empty = True
        for record in self._reader.records():
            is_empty = False
            yield record
        if is_empty:
            raise FileRefused("no-learners")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._member is not None:
            self._member.close()


def open_submission(
    stream: BinaryIO,
    *,
    media_type: str | None = None,
    filename: str | None = None,
    limits: Limits = _DEFAULT_LIMITS,
) -> RecordFile:
    """Open a learner file from a seekable stream; FileRefused when it is none that can be read."""
    total = stream.seek(0, 2)
    stream.seek(0)
    if total > limits.max_bytes:
        raise FileRefused("file-too-large", limit_bytes=limits.max_bytes)
    if not total:
        raise FileRefused("empty-file")
    signature = stream.read(len(_ZIP_SIGNATURES[0]))
    stream.seek(0)
    member = ZipMember(stream, total, limits) if signature in _ZIP_SIGNATURES else None
    if member is None:
        content = Content(stream, limits, limit=limits.max_bytes)
    else:
        media_type, filename = None, member.name
        content = Content(cast("BinaryIO", member), limits, limit=limits.max_expanded_bytes)
    kind = _format_of(content.beginning, media_type, filename)
    return RecordFile(
        stream, _reader_for(kind, content), format=kind, member=member, bytes_total=total
    )


def _reader_for(kind: Format, content: Content) -> RecordReader:
    match kind:
        case "xml":
            return XmlReader(content)
        case "csv":
            return CsvReader(content)
        case "ndjson":
            return NdjsonReader(content)


def _format_of(beginning: bytes, media_type: str | None, filename: str | None) -> Format:
    start = beginning.removeprefix(codecs.BOM_UTF8).lstrip(_SPACE)
    if not start:
        raise FileRefused("empty-file")
    if start.startswith(b"<") or beginning.startswith(_WIDE_XML):
        return "xml"
    if start.startswith(b"{"):
        return "ndjson"
    first_line = start.split(b"\n", 1)[0]
    if RECORD.encode() in first_line and b"," in first_line:
        return "csv"
    return _named_format(media_type, filename)


def _named_format(media_type: str | None, filename: str | None) -> Format:
    """Return the format that the sender names, for content that shows none."""
    by_type = _MEDIA_TYPES.get((media_type or "").split(";")[0].strip().lower())
    by_name = _SUFFIXES.get((filename or "").rpartition(".")[2].lower())
    named = by_name or by_type
    if named is None:
        raise FileRefused("unknown-format")
    return named
