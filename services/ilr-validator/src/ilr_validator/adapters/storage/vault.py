"""Files and reports of validations on disk, encrypted under the validation's own key.

One private folder a validation. A file appears under its name when it is whole, so that two
processes that do the same work never read half of what the other writes.
"""

import asyncio
import errno
import hashlib
import io
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from ilr_validator.adapters.storage.keys import DataKey, DataKeys
from ilr_validator.application.ports import Received
from matricula_chassis.crypto import EncryptedFileReader, EncryptedFileWriter, context_of
from matricula_chassis.errors import DomainError

UPLOAD: Final = "upload"
PIECE: Final = 256 * 1024
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageFull(DomainError):  # noqa: N818 - named as the fact it states
    """The disk under the files is full."""

    default_status = 507


class Folder:
    """The files of one validation; the workspace in which its file is written anew."""

    def __init__(self, path: Path, validation_id: UUID, key: DataKey) -> None:
        self.path = path
        self.key = key
        self._validation_id = validation_id

    def context(self, name: str) -> bytes:
        """Return what a file of this name is bound to."""
        return context_of("file", self._validation_id, name)

    def create(self, name: str) -> "Output":
        """Open a new file for writing; it takes the place of an older one when it is whole."""
        return Output(self, name)

    def source(self, name: str) -> "VaultSource":
        """Return a file for reading by ranges."""
        return VaultSource(self, name)

    def reader(self, name: str) -> EncryptedFileReader:
        """Open a file for reading; raises FileNotFoundError."""
        return EncryptedFileReader(
            self.path / name, kek=self.key.of_files, context=self.context(name)
        )

    def put(self, name: str, content: bytes) -> None:
        """Write a small file."""
        with self.create(name) as out:
            out.write(content)


class Output(io.RawIOBase):
    """A file under way. It is kept when the block ends well, and gone otherwise."""

    def __init__(self, folder: Folder, name: str) -> None:
        super().__init__()
        self._target = folder.path / name
        self._target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._draft = self._target.with_name(f"{self._target.name}.{secrets.token_hex(8)}.draft")
        self._writer = EncryptedFileWriter.create(
            self._draft, kek=folder.key.of_files, context=folder.context(name)
        )

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes in."""
        return self._writer.write(data)

    def __enter__(self) -> BinaryIO:  # type: ignore[override]
        return cast("BinaryIO", self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._writer.finish()
            self._draft.replace(self._target)
        else:
            self._writer.close()
            self._draft.unlink(missing_ok=True)
        self.close()


class VaultSource:
    """A file that is read by ranges. Not for several threads at once."""

    def __init__(self, folder: Folder, name: str) -> None:
        self.folder = folder
        self.name = name
        self._reader: EncryptedFileReader | None = None

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self._open().size

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`."""
        reader = self._open()
        reader.seek(start)
        return reader.read(end - start)

    def stream(self) -> BinaryIO:
        """Open the bytes for reading from the start."""
        return cast("BinaryIO", self.folder.reader(self.name))

    def close(self) -> None:
        """Close the file; reading opens it again."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> EncryptedFileReader:
        if self._reader is None:
            self._reader = self.folder.reader(self.name)
        return self._reader


class Vault:
    """All files. Blocking work of its coroutines goes to threads."""

    def __init__(self, directory: Path, keys: DataKeys, *, limit_bytes: int) -> None:
        self._directory = directory
        self._keys = keys
        self._limit_bytes = limit_bytes

    def folder(self, validation_id: UUID, wrapped_key: bytes) -> Folder:
        """Return the folder of a validation."""
        key = self._keys.open(validation_id, wrapped_key)
        return Folder(self._path(validation_id), validation_id, key)

    def seal_name(self, validation_id: UUID, wrapped_key: bytes, name: str) -> bytes:
        """Seal the name of a file: people put names of people into it."""
        return self._keys.open(validation_id, wrapped_key).seal(name.encode(), "file-name")

    def open_name(self, validation_id: UUID, wrapped_key: bytes, sealed: bytes) -> str:
        """Return the name of a file."""
        return self._keys.open(validation_id, wrapped_key).open(sealed, "file-name").decode()

    async def receive(self, validation_id: UUID, chunks: AsyncIterator[bytes]) -> Received:
        """Keep a file that streams in, under a new key.

        Raises DomainError("file-too-large"), StorageFull.
        """
        wrapped = self._keys.create(validation_id)
        folder = self.folder(validation_id, wrapped)
        digest, size = hashlib.sha256(), 0
        with _full_disk():
            output = await asyncio.to_thread(folder.create, UPLOAD)
            with output:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self._limit_bytes:
                        raise DomainError("file-too-large", limit_bytes=self._limit_bytes)
                    await asyncio.to_thread(_take, output, digest, chunk)
        return Received(size, digest.digest(), wrapped)

    async def erase(self, validation_id: UUID) -> None:
        """Erase every file of a validation."""
        await asyncio.to_thread(shutil.rmtree, self._path(validation_id), ignore_errors=True)

    async def erase_orphans(
        self, known: Callable[[Sequence[UUID]], Awaitable[set[UUID]]], before: datetime
    ) -> int:
        """Erase folders that no validation knows of and nothing has changed since `before`."""
        found = await asyncio.to_thread(self._old_folders, before)
        orphans = set(found) - await known(found)
        for one in orphans:
            await self.erase(one)
        return len(orphans)

    def _old_folders(self, before: datetime) -> list[UUID]:
        found = []
        for path in self._directory.glob("*"):
            if path.stat().st_mtime < before.timestamp():
                try:
                    found.append(UUID(path.name))
                except ValueError:
                    continue  # none of ours
        return found

    def _path(self, validation_id: UUID) -> Path:
        return self._directory / str(validation_id)


def reports_folder(folder: UUID) -> str:
    """Return where the reports of one attempt are."""
    return f"reports-{folder}"


def _take(output: Output, digest: Any, chunk: bytes) -> None:
    digest.update(chunk)
    output.write(chunk)


@contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageFull("insufficient-storage") from None
        raise


async def pieces(reader: EncryptedFileReader) -> AsyncIterator[bytes]:
    """Yield the content of a file piece by piece and close it."""
    try:
        while piece := await asyncio.to_thread(reader.read, PIECE):
            yield piece
    finally:
        reader.close()
