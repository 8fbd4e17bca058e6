"""Opens the one file inside a zip, and refuses zips that are more or other than that.

Names inside the zip are never used as paths; nothing is unpacked to disk.
"""

import zipfile
from typing import BinaryIO, Final, cast

from learner_api.domain.record_file import FileRefused, Limits

_LARGEST_DIRECTORY: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1 | 0x40
_READABLE: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ALWAYS_ALLOWED: Final = 1024 * 1024
_MACOS_FOLDER: Final = "__MACOSX/"


class _SmallReads:
    """A stream for zipfile that refuses to hand out more than a directory may take at once."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        rest = self._size - self._stream.tell()
        wanted = rest if size < 0 else min(size, rest)
        if wanted > _LARGEST_DIRECTORY:
            raise FileRefused("archive-not-one-file")
        return self._stream.read(wanted)

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """Leave the stream open: it belongs to the caller."""


class ZipMember:
    """The one file of a zip as a stream; errors of the zip become refusals."""

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self._limits = limits
        try:
            self._archive = zipfile.ZipFile(cast("BinaryIO", _SmallReads(stream, size)))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise FileRefused("archive-corrupt") from None
        self._info = self._only_file()
        self._check_size(size)
        try:
            self._member = self._archive.open(self._info)
        except (zipfile.BadZipFile, OSError, ValueError, EOFError):
            raise FileRefused("archive-corrupt") from None
        except (NotImplementedError, RuntimeError):
            raise FileRefused("archive-unsupported") from None

    @property
    def name(self) -> str:
        """The member's name, good only for guessing its format."""
        return self._info.filename

    def read(self, size: int) -> bytes:
        """Read on; a damaged member is refused as `archive-corrupt`."""
        try:
            return self._member.read(size)
        except (zipfile.BadZipFile, zipfile.zlib.error, OSError, EOFError):  # type: ignore[attr-defined]
            raise FileRefused("archive-corrupt") from None

    def close(self) -> None:
        """Close the archive, not the stream below it."""
        self._member.close()
        self._archive.close()

    def _only_file(self) -> zipfile.ZipInfo:
        members = [
            item
            for item in self._archive.infolist()
            if not item.is_dir() and not item.filename.startswith(_MACOS_FOLDER)
        ]
        if not members:
            raise FileRefused("archive-not-one-file")
        if len(members) > 1:
            raise FileRefused("archive-not-one-file", count=len(members))
        info = members[0]
        if info.flag_bits & _ENCRYPTED:
            raise FileRefused("archive-encrypted")
        if info.compress_type not in _READABLE:
            raise FileRefused("archive-unsupported")
        return info

    def _check_size(self, stored: int) -> None:
        """Judge the sizes that the directory states; the member cannot give more than it states."""
        stated, packed = self._info.file_size, self._info.compress_size
        if packed > stored:
            raise FileRefused("archive-corrupt")
        if stated > self._limits.max_expanded_bytes:
            raise FileRefused("archive-bomb", limit_bytes=self._limits.max_expanded_bytes)
        if stated > _ALWAYS_ALLOWED and stated > packed * self._limits.max_ratio:
            raise FileRefused("archive-bomb", limit_ratio=self._limits.max_ratio)
