"""Where reports are written in clear before they are encrypted: memory, and only for that long.

A process that was killed leaves its folder behind; the next one that starts finds it unlocked and
removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a file system in memory; folders in it are private
PREFIX: Final = "ilr-validator-"
_LOCK: Final = ".lock"


class Scratch:
    """Makes private folders that are gone with their block, or with the next start."""

    def __init__(self, directory: Path | None, *, otherwise: Path) -> None:
        """Take the directory, the memory of the computer, or a folder beside the files."""
        memory = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else otherwise
        self._directory = directory or memory
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder; only this account can read it."""
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=self._directory) as name:
            path = Path(name)
            with (path / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                work = path / "work"
                work.mkdir(mode=0o700)
                yield work

    def sweep(self) -> int:
        """Remove what killed processes of this account left; return how many folders."""
        removed = 0
        for path in self._directory.glob(f"{PREFIX}*"):
            if path.stat().st_uid != os.geteuid() or not _is_left(path):
                continue
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
        return removed


def _is_left(path: Path) -> bool:
    try:
        with (path / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # in use, or made at this moment
    return True
