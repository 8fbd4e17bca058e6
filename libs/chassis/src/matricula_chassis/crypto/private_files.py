"""Files that hold keys: whole or absent, durable, and closed to everybody but their owner."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_PRIVATE_MODE: Final = 0o600
_OTHERS: Final = 0o077
_MAX_BYTES: Final = 65_536


class UnsafeKeyFile(Exception):  # noqa: N818 - named as the fact it states
    """A key file that must not be used; `fault` is a constant text that says why."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__("the key file must not be used")
        self.path = path
        self.fault = fault

    def __str__(self) -> str:
        return f"the key file must not be used: {self.path}: {self.fault}"


def read_private(path: Path) -> bytes:
    """Return the content; raises UnsafeKeyFile when others could read or replace it.

    The owner must be this process's user, or root, as with mounted secrets.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeKeyFile(path, "it is not a regular file")
        if status.st_mode & _OTHERS:
            raise UnsafeKeyFile(path, "others than its owner may use it")
        if status.st_uid not in {os.geteuid(), 0}:
            raise UnsafeKeyFile(path, "it belongs to another user")
        if status.st_size > _MAX_BYTES:
            raise UnsafeKeyFile(path, "it is too large")
        return os.read(descriptor, _MAX_BYTES)
    finally:
        os.close(descriptor)


def create_private(path: Path, content: bytes) -> None:
    """Make the file (mode 0600); when another process was faster, its file stays."""
    draft = _write_beside(path, content)
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_directory(path.parent)


def replace_private(path: Path, content: bytes) -> None:
    """Replace the file in one step: a reader sees the old or the new one, also after a crash."""
    _write_beside(path, content).replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
