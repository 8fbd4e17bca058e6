"""Encrypted files that can be appended to, resumed after a crash, and read at any offset.

Synchronous and quick (a 64 KiB frame costs some 30 µs); a caller on an event loop decides whether
`fsync` goes to a thread. What is in a frame on disk is never rewritten. Not for threads.
"""

import fcntl
import io
import os
from bisect import bisect_right
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from matricula_chassis.crypto.frames import (
    CHUNK_BYTES,
    EncryptedFileBroken,
    FrameCipher,
    FrameMap,
    map_frames,
)
from matricula_chassis.crypto.key_encryption import KeyEncryptionKey
from matricula_chassis.crypto.private_files import sync_directory

_PRIVATE_MODE: Final = 0o600


class AlreadyFinished(Exception):  # noqa: N818 - named as the fact it states
    """The file has its last frame: nothing can be appended."""

    def __init__(self) -> None:
        super().__init__("the encrypted file is finished")


class FileInUse(Exception):  # noqa: N818 - named as the fact it states
    """Another writer has the file open."""

    def __init__(self) -> None:
        super().__init__("the encrypted file has another writer")


class EncryptedFileWriter:
    """Appends plaintext to an encrypted file.

    `create` starts one and `resume` goes on with one. `fsync` makes everything written so far
    survive a power cut and closes the frame under way as a short one, so call it when bytes are
    acknowledged, not after each write. `finish` writes the last frame: without it no reader
    believes the file to be complete. `close` keeps what was written.
    """

    def __init__(self, descriptor: int, cipher: FrameCipher, frames: FrameMap) -> None:
        self._descriptor = descriptor
        self._cipher = cipher
        self._frames = frames
        self._pending = bytearray()

    @classmethod
    def create(cls, path: Path | str, *, kek: KeyEncryptionKey, context: bytes) -> Self:
        """Start a new file (mode 0600); raises FileExistsError when there is one."""
        cipher, header = FrameCipher.create(kek, context=context)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, _PRIVATE_MODE)
        try:
            _lock(descriptor)
            _write_all(descriptor, header, at=0)
            os.fsync(descriptor)
            sync_directory(Path(path).parent)
        except BaseException:
            os.close(descriptor)
            Path(path).unlink(missing_ok=True)
            raise
        return cls(descriptor, cipher, map_frames(descriptor, start=len(header)))

    @classmethod
    def resume(
        cls,
        path: Path | str,
        *,
        kek: KeyEncryptionKey,
        context: bytes,
        trusted_offset: int = 0,
    ) -> Self:
        """Go on with a file: what follows its last good frame is cut off; then read `offset`.

        Frames that end at or before `trusted_offset`, a plaintext offset that `fsync` once
        returned, are not read again; those after it are authenticated, because a power cut can
        leave frames of the right length with the wrong content. A file that died while `create`
        made it is EncryptedFileBroken: nothing in it was acknowledged. Raises AlreadyFinished,
        FileInUse, EncryptedFileBroken when a trusted byte is missing, SealBroken or UnknownKey.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            _lock(descriptor)
            cipher = FrameCipher.read(descriptor, kek, context=context)
            frames = _recover(descriptor, cipher, trusted_offset=trusted_offset)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, cipher, frames)

    @property
    def offset(self) -> int:
        """How many plaintext bytes have been taken in."""
        return self._frames.plain_end + len(self._pending)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take in bytes and write the frames that are full; return how many bytes came in.

        After an OSError (a full disk) `offset` says what is kept; the file stays usable.
        """
        with memoryview(data).cast("B") as view:
            position = 0
            if self._pending:
                position = min(CHUNK_BYTES - len(self._pending), len(view))
                self._pending += view[:position]
                if len(self._pending) == CHUNK_BYTES:
                    self._write_pending()
            while len(view) - position >= CHUNK_BYTES:
                self._append(view[position : position + CHUNK_BYTES], last=False)
                position += CHUNK_BYTES
            self._pending += view[position:]
            return len(view)

    def flush(self) -> None:
        """Hand everything to the operating system: it survives the death of this process."""
        if self._pending:
            self._write_pending()

    def fsync(self) -> int:
        """Make everything survive a power cut; return the plaintext offset that now does."""
        self.flush()
        os.fsync(self._descriptor)
        return self._frames.plain_end

    def finish(self) -> int:
        """Write the last frame, make all durable and close; return the plaintext size."""
        self._append(bytes(self._pending), last=True)
        self._pending.clear()
        os.fsync(self._descriptor)
        self._close_descriptor()
        return self._frames.plain_end

    def close(self) -> None:
        """Keep what was written, unfinished. Does nothing a second time."""
        if self._descriptor >= 0:
            try:
                self.flush()
            finally:
                self._close_descriptor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write_pending(self) -> None:
        self._append(bytes(self._pending), last=False)
        self._pending.clear()

    def _append(self, plaintext: bytes | memoryview, *, last: bool) -> None:
        if self._descriptor < 0:
            raise ValueError("the writer is closed")
        frame = self._cipher.seal(plaintext, number=self._frames.count, last=last)
        try:
            _write_all(self._descriptor, frame, at=self._frames.file_end)
        except OSError:
            # A frame is there whole or not at all, so that a later write finds a clean end.
            os.ftruncate(self._descriptor, self._frames.file_end)
            raise
        self._frames.append(len(plaintext), last=last)

    def _close_descriptor(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


class EncryptedFileReader(io.RawIOBase):
    """A seekable, read-only binary file of the plaintext, fit for zipfile and lxml.

    Opening authenticates the last frame, so a file that was cut short does not open. Each other
    frame is authenticated when it is read: every byte that comes out is good. Raises
    EncryptedFileBroken.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        kek: KeyEncryptionKey,
        context: bytes,
        allow_unfinished: bool = False,
    ) -> None:
        """Open a file; with `allow_unfinished` one whose writer has not finished it, too."""
        super().__init__()
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._cipher = FrameCipher.read(self._descriptor, kek, context=context)
            self._frames = map_frames(self._descriptor, start=self._cipher.header_bytes)
            if not allow_unfinished:
                _require_whole(self._descriptor, self._cipher, self._frames)
        except BaseException:
            os.close(self._descriptor)
            self._descriptor = -1
            raise
        self._position = 0
        self._frame_number = -1
        self._frame = b""

    @property
    def size(self) -> int:
        """The number of plaintext bytes."""
        return self._frames.plain_end

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the plaintext."""
        self._check_open()
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as in every binary file; past the end is allowed and reads nothing."""
        self._check_open()
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}
        if whence not in base:
            raise ValueError("unknown whence")
        if base[whence] + offset < 0:
            raise ValueError("negative position")
        self._position = base[whence] + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes, fewer only at the end; everything that is left without it."""
        self._check_open()
        left = max(self.size - self._position, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        pieces = []
        while wanted > 0:
            piece = self._piece(wanted)
            pieces.append(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readall(self) -> bytes:
        """Return everything that is left."""
        return self.read(-1)

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the plaintext reaches; return the number of bytes."""
        self._check_open()
        with memoryview(buffer).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)

    def close(self) -> None:
        """Close the file and forget the frame that was read last."""
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._frame = b""
        super().close()

    def _piece(self, wanted: int) -> bytes:
        number = bisect_right(self._frames.plain_offsets, self._position) - 1
        if number != self._frame_number:
            self._frame = self._cipher.open(self._descriptor, self._frames, number=number)
            self._frame_number = number
        start = self._position - self._frames.plain_offsets[number]
        piece = self._frame[start : start + wanted]
        self._position += len(piece)
        return piece

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")


def _require_whole(descriptor: int, cipher: FrameCipher, frames: FrameMap) -> None:
    """Believe that a file is complete only when its last frame is good and nothing follows it."""
    if not frames.is_finished or frames.file_end != os.fstat(descriptor).st_size:
        raise EncryptedFileBroken
    cipher.open(descriptor, frames, number=frames.count - 1)


def _recover(descriptor: int, cipher: FrameCipher, *, trusted_offset: int) -> FrameMap:
    """Find the good frames and cut off what follows them."""
    frames = map_frames(descriptor, start=cipher.header_bytes)
    first = bisect_right(frames.plain_offsets, trusted_offset) - 1
    if frames.is_finished:
        first = min(first, frames.count - 1)
    for number in range(first, frames.count):
        try:
            cipher.open(descriptor, frames, number=number)
        except EncryptedFileBroken:
            frames.truncate(number)
            break
    if frames.is_finished:
        raise AlreadyFinished
    if frames.plain_end < trusted_offset:
        raise EncryptedFileBroken
    os.ftruncate(descriptor, frames.file_end)
    os.fsync(descriptor)
    return frames


def _lock(descriptor: int) -> None:
    """Take the file for this writer alone; the lock ends with the descriptor."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileInUse from None


def _write_all(descriptor: int, data: bytes | bytearray, *, at: int) -> None:
    written = os.pwrite(descriptor, data, at)
    while written < len(data):
        with memoryview(data)[written:] as rest:
            written += os.pwrite(descriptor, rest, at + written)
