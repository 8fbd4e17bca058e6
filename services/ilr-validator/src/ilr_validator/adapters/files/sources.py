"""Where the bytes of a file come from: a plain file here, an encrypted one in the service.

A source is read by ranges, so that a process needs only its own learners in memory.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

WINDOW: Final = 8 * 1024 * 1024


class Source(Protocol):
    """Bytes that can be read by ranges. It can be sent to another process."""

    @property
    def size(self) -> int:
        """Give the number of bytes."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes from `start` to before `end`."""
        ...

    def stream(self) -> AbstractContextManager[BinaryIO]:
        """Open the bytes for reading from the start."""
        ...


class Workspace(Protocol):
    """Where a file is written anew, in the same keeping as the file itself."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a new file for writing."""
        ...

    def source(self, name: str) -> Source:
        """Give a written file as a source."""
        ...


class PlainSource:
    """A file on disk as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size(self) -> int:
        """Give the number of bytes."""
        return self.path.stat().st_size

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes from `start` to before `end`."""
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read(end - start)

    def stream(self) -> BinaryIO:
        """Open the file for reading."""
        return self.path.open("rb")


class PlainWorkspace:
    """A folder, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, name: str) -> BinaryIO:
        """Open a new file for writing."""
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(descriptor, "wb")

    def source(self, name: str) -> PlainSource:
        """Give a written file as a source."""
        return PlainSource(self.folder / name)


def windows(source: Source, overlap: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Give the file in pieces that overlap, each with the place of its first byte."""
    size = source.size
    while start < size:
        yield start, source.read(start, min(start + WINDOW + overlap, size))
        start += WINDOW
