"""The raw files of submissions, encrypted on disk under the submission's own key.

One file for each submission, in a private directory. Bytes that were acknowledged are on disk; the
file itself knows how far it goes, so an interrupted upload resumes at its true offset.
"""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from learner_api.application.ports import RecordFile
from learner_api.domain.record_file import Limits
from matricula_chassis.crypto import (
    AlreadyFinished,
    EncryptedFileReader,
    EncryptedFileWriter,
    FileInUse,
    SubordinateKey,
)
from matricula_chassis.errors import Conflict, DomainError, NotFound

FILE_KEY_ID: Final = "7375626d69743031"
"""Names the submission's own key inside its file."""
_READ_BYTES: Final = 1 << 20
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class SubmissionKeys(Protocol):
    """Where the keys of submissions are kept; elsewhere than the files."""

    async def create_for_submission(self, submission_id: UUID) -> AESGCM:
        """Make and store the key of a submission, or return the one it has."""
        ...

    async def of_submission(self, submission_id: UUID) -> AESGCM | None:
        """Return the key of a submission; None once it was destroyed."""
        ...


class ReadRecords(Protocol):
    """Recognises the format of a stream and reads its records; raises FileRefused."""

    def __call__(
        self, stream: BinaryIO, /, *, media_type: str, limits: Limits
    ) -> AbstractContextManager[RecordFile]:
        """Open the stream as a file of records; closing it leaves the stream open."""
        ...


class StorageFull(DomainError):  # noqa: N818 - named as the fact it states
    """The disk under the uploads is full; what was acknowledged is kept."""

    default_status = 507


class UploadStore:
    """Creates, appends to, reads and erases raw files. Blocking work goes to threads."""

    def __init__(
        self,
        directory: Path,
        *,
        keys: SubmissionKeys,
        read_records: ReadRecords,
        limits: Limits,
    ) -> None:
        self._directory = directory
        self._keys = keys
        self._read_records = read_records
        self._limits = limits

    async def create(self, submission_id: UUID) -> None:
        """Make the submission's key and an empty file under it."""
        key = await self._keys.create_for_submission(submission_id)
        with _full_disk():
            await asyncio.to_thread(self._create, submission_id, key)

    async def append(self, submission_id: UUID, offset: int, chunks: AsyncIterator[bytes]) -> int:
        """Append a stream at the file's end and return the durable offset after it.

        Raises Conflict("upload-offset-mismatch") when the file ends elsewhere,
        Conflict("upload-locked") while another request appends, StorageFull. Whatever arrived
        before a broken connection stays.
        """
        writer = await self._resume(submission_id)
        try:
            if writer.offset != offset:
                raise Conflict("upload-offset-mismatch", offset=writer.offset)
            async for chunk in chunks:
                if writer.offset + len(chunk) > self._limits.max_bytes:
                    raise DomainError("file-too-large", limit_bytes=self._limits.max_bytes)
                with _full_disk():
                    await asyncio.to_thread(writer.write, chunk)
        finally:
            with _full_disk():
                durable = await asyncio.shield(asyncio.to_thread(_fsync_and_close, writer))
        return durable

    async def offset(self, submission_id: UUID) -> int:
        """Return how many bytes are durable."""
        key = await self._key(submission_id)

        def read() -> int:
            with self._reader(submission_id, key, allow_unfinished=True) as reader:
                return reader.size

        return await asyncio.to_thread(read)

    async def finish(self, submission_id: UUID) -> bytes:
        """Write the last frame and return the SHA-256 of the whole; repeatable."""
        try:
            writer = await self._resume(submission_id)
        except AlreadyFinished:
            pass  # an earlier attempt wrote the last frame and was interrupted afterwards
        else:
            with _full_disk():
                await asyncio.to_thread(writer.finish)
        key = await self._key(submission_id)
        return await asyncio.to_thread(self._hash, submission_id, key)

    async def discard(self, submission_id: UUID) -> None:
        """Erase the file; nothing happens when it is gone already."""
        await asyncio.to_thread(self._path(submission_id).unlink, missing_ok=True)

    async def open(self, submission_id: UUID, *, media_type: str) -> "OpenFile":
        """Return the finished file, to be read as a file of records (a context manager)."""
        key = await self._key(submission_id)
        reader = self._reader(submission_id, key, allow_unfinished=False)
        return OpenFile(
            reader,
            # an encrypted file reads as any binary file does
            lambda: self._read_records(reader, media_type=media_type, limits=self._limits),  # type: ignore[arg-type]
        )

    async def _key(self, submission_id: UUID) -> AESGCM:
        key = await self._keys.of_submission(submission_id)
        if key is None:
            raise NotFound("upload-not-found", submission_id=str(submission_id))
        return key

    async def _resume(self, submission_id: UUID) -> EncryptedFileWriter:
        key = await self._key(submission_id)
        try:
            return await asyncio.to_thread(
                EncryptedFileWriter.resume,
                self._path(submission_id),
                kek=_file_key(key),
                context=_context(submission_id),
            )
        except FileNotFoundError:
            raise NotFound("upload-not-found", submission_id=str(submission_id)) from None
        except FileInUse:
            raise Conflict("upload-locked", submission_id=str(submission_id)) from None

    def _create(self, submission_id: UUID, key: AESGCM) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        EncryptedFileWriter.create(
            self._path(submission_id), kek=_file_key(key), context=_context(submission_id)
        ).close()

    def _reader(
        self, submission_id: UUID, key: AESGCM, *, allow_unfinished: bool
    ) -> EncryptedFileReader:
        try:
            return EncryptedFileReader(
                self._path(submission_id),
                kek=_file_key(key),
                context=_context(submission_id),
                allow_unfinished=allow_unfinished,
            )
        except FileNotFoundError:
            raise NotFound("upload-not-found", submission_id=str(submission_id)) from None

    def _hash(self, submission_id: UUID, key: AESGCM) -> bytes:
        digest = hashlib.sha256()
        with self._reader(submission_id, key, allow_unfinished=False) as reader:
            while piece := reader.read(_READ_BYTES):
                digest.update(piece)
        return digest.digest()

    def _path(self, submission_id: UUID) -> Path:
        return self._directory / f"{submission_id}.upload"


class OpenFile:
    """A raw file open for reading its records; closes both on exit."""

    def __init__(
        self,
        reader: EncryptedFileReader,
        read_records: Callable[[], AbstractContextManager[RecordFile]],
    ) -> None:
        self._reader = reader
        self._read_records = read_records
        self._file: AbstractContextManager[RecordFile] | None = None

    def __enter__(self) -> RecordFile:
        """Recognise the format; raises FileRefused."""
        try:
            self._file = self._read_records()
            return self._file.__enter__()
        except BaseException:
            self._reader.close()
            raise

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.__exit__(None, None, None)
        self._reader.close()


def _file_key(key: AESGCM) -> SubordinateKey:
    return SubordinateKey(key, key_id=FILE_KEY_ID)


def _context(submission_id: UUID) -> bytes:
    return b"upload|" + submission_id.bytes


def _fsync_and_close(writer: EncryptedFileWriter) -> int:
    try:
        return writer.fsync()
    finally:
        writer.close()


@contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageFull("insufficient-storage") from None
        raise
