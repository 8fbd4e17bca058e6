"""Files and folders that only their owner can read: what is in them is personal data."""

import os
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

OWNER_FILE: Final = 0o600
OWNER_FOLDER: Final = 0o700


def open_private(path: Path, mode: str = "wb") -> BinaryIO:
    """Open a file for bytes, made for its owner alone; an older one of the name goes first."""
    if mode == "wb":
        path.unlink(missing_ok=True)
    return cast("BinaryIO", open(path, mode, opener=_opener))


def open_private_text(path: Path, newline: str = "\n") -> TextIO:
    """Open a new file for text in UTF-8 in the same way."""
    path.unlink(missing_ok=True)
    return cast("TextIO", open(path, "w", encoding="utf-8", newline=newline, opener=_opener))


def private_folder(path: Path) -> Path:
    """Make a folder for its owner alone, or make one that is there so."""
    path.mkdir(mode=OWNER_FOLDER, exist_ok=True)
    path.chmod(OWNER_FOLDER)
    return path


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_FILE)
