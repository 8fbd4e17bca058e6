"""The log file of each process: opened for appending, kept below a size, shown from its end.

A file is shortened in place (copied away, then cut), because the processes hold it open and must
go on writing even when their supervisor is killed. Lines written in that instant can be lost.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

LIMIT_BYTES: Final = 10_000_000
KEPT: Final = 3
_TAIL_BYTES: Final = 256_000


def open_log(folder: Path, name: str) -> IO[bytes]:
    """Open a unit's log for appending; readable by its owner only."""
    path = log_path(folder, name)
    path.touch(mode=0o600)
    return path.open("ab", buffering=0)


def log_path(folder: Path, name: str) -> Path:
    """Return where the log of a unit lies."""
    return folder / f"{name}.log"


def rotate(path: Path, *, limit: int = LIMIT_BYTES, kept: int = KEPT) -> bool:
    """Copy a log that has grown over the limit to `.1` (older ones move up) and empty it."""
    if not path.exists() or path.stat().st_size <= limit:
        return False
    numbered = [path.with_name(f"{path.name}.{number}") for number in range(1, kept + 1)]
    for older, newer in zip(reversed(numbered), reversed([path, *numbered[:-1]]), strict=True):
        if newer is path:
            shutil.copy2(path, older)
        elif newer.exists():
            newer.replace(older)
    with path.open("r+b") as file:
        file.truncate(0)
    return True


def last_lines(path: Path, count: int) -> list[str]:
    """Return up to `count` lines from the end of a log (looks at its last 256 kB only)."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def new_lines(path: Path, position: int) -> tuple[list[str], int]:
    """Return the lines written after a position and the next position; starts over after a cut."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(position if position <= size else 0)
            data = file.read(_TAIL_BYTES)
            complete = data[: data.rfind(b"\n") + 1]
            return (
                complete.decode("utf-8", "replace").splitlines(),
                file.tell() - len(data) + len(complete),
            )
    except FileNotFoundError:
        return [], 0


def logs_in(folder: Path) -> Iterator[Path]:
    """Yield the current log of every process."""
    yield from sorted(folder.glob("*.log"))
