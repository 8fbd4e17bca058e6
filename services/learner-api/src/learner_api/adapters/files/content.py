"""The bytes of a learner file, counted and bounded, and its lines.

Knows no format. Nothing here holds more than one chunk or one line.
"""

import codecs
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Protocol

from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileHead, FileRefused, Limits

CHUNK: Final = 64 * 1024


class RecordReader(Protocol):
    """What every format offers."""

    def head(self) -> FileHead:
        """Read the header and nothing more; FileRefused when it will not do."""
        ...

    def records(self) -> Iterator[ParsedRecord]:
        """Yield the learners in file order; FileRefused when the file breaks off or breaks."""
        ...


class Content:
    """A stream read forwards, with the first chunk looked at beforehand.

    Refuses to go on after `limit` bytes. `source` is read from its present position.
    """

    def __init__(self, source: BinaryIO, limits: Limits, *, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._count = 0
        self.limits = limits
        self.beginning = self._take()
        self._ahead = self.beginning

    def chunks(self) -> Iterator[bytes]:
        """Yield everything from the beginning, once."""
        chunk, self._ahead = self._ahead, b""
        while chunk:
            yield chunk
            chunk = self._take()

    def _take(self) -> bytes:
        chunk = self._source.read(CHUNK)
        self._count += len(chunk)
        if self._count > self._limit:
            raise FileRefused("file-too-large", limit_bytes=self._limit)
        return chunk


def text_lines(content: Content, position: Callable[[], int]) -> Iterator[tuple[int, str]]:
    """Yield (line number, line with its end) of UTF-8 text, without its byte-order mark.

    FileRefused `wrong-encoding` names the line. A line longer than one record may be is refused,
    naming the record that is being read, which `position` tells.
    """
    longest = content.limits.max_record_bytes
    number = 0
    rest = b""
    for chunk in content.chunks():
        *complete, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
        for line in complete:
            number += 1
            yield number, _decoded(line + b"\n", number)
        if len(rest) > longest:
            raise too_large(content.limits, position())
    if rest:
        yield number + 1, _decoded(rest, number + 1)


def _decoded(line: bytes, number: int) -> str:
    if number == 1:
        line = line.removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise FileRefused("wrong-encoding", expected="utf-8", line=number) from None


def too_large(limits: Limits, position: int) -> FileRefused:
    """Return the refusal of a file in which one learner is larger than a learner may be."""
    return FileRefused("record-too-large", limit_bytes=limits.max_record_bytes, position=position)
