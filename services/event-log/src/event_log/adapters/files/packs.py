"""Export packs on disk: a folder, or one zip file. Writes only below the place it is given."""

import asyncio
import os
import stat
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip entry needs a date; the content carries the real ones


def pack_extras(verifier_key: str) -> dict[str, bytes]:
    """Files that travel with every pack: key, instructions, the one-file verifier."""
    here = Path(__file__).parent
    return {
        "log.vkey": f"{verifier_key}\n".encode(),
        "README.md": (here / "pack_readme.md").read_bytes(),
        "verify.py": (here / "verify.py").read_bytes(),
    }


class FolderSink:
    """Writes a pack into a folder, which it creates; refuses one that holds anything."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError("the export folder is not empty")
        self._folder = folder

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write one file, readable by its owner only."""
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in chunks:
                file.write(chunk)


class ZipSink:
    """Writes a pack into one zip file; it appears under its name only when complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._part.unlink(missing_ok=True)
        file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file = file
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Compress one file into the pack, off the event loop."""
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = _OWNER_ONLY << 16
        with self._zip.open(entry, "w", force_zip64=True) as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)

    def finish(self) -> int:
        """Close the pack, make it durable and give it its name; bytes written."""
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        self._part.replace(self._path)
        return size

    def discard(self) -> None:
        """Drop a pack that could not be completed, whatever the reason (a full disk, say)."""
        with suppress(OSError, ValueError):
            self._zip.close()
        with suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)


class ZipShelf:
    """The folder of finished packs, one zip file for each export."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, export_id: UUID) -> ZipSink:
        """Begin a pack anew."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return ZipSink(self.path_of(export_id))

    def path_of(self, export_id: UUID) -> Path:
        """Return where the finished pack is."""
        return self._folder / f"{export_id}.zip"

    def remove(self, export_id: UUID) -> None:
        """Remove a pack, if it is there."""
        self.path_of(export_id).unlink(missing_ok=True)
