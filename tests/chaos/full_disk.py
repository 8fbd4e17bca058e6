"""A disk that is full under the uploads: a small tmpfs over their folder, enlarged later."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_SECONDS: Final = 10
_SMALL: Final = "size=64k"
_ENOUGH: Final = "size=64m"


class NoMountError(Exception):
    """This account may not mount a file system, so the fault cannot be made honestly."""


class SmallDisk:
    """The mounted disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def enlarge(self) -> None:
        """Give space back."""
        await _run("mount", "-o", f"remount,{_ENOUGH}", str(self._folder))


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[SmallDisk]:
    """Lay a disk of 64 KiB over a folder for the length of the block; raises NoMountError."""
    await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
    if await _run("mount", "-t", "tmpfs", "-o", f"{_SMALL},mode=700", "tmpfs", str(folder)):
        raise NoMountError
    try:
        yield SmallDisk(folder)
    finally:
        await _run("umount", "-l", str(folder))


async def _run(*command: str) -> int:
    try:
        done = await asyncio.to_thread(
            subprocess.run, command, check=False, capture_output=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        return 127
    return done.returncode
