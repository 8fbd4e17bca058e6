"""The folder in which a run works: it goes with the run, and a killed run's with the next one.

What stands in it is personal data.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PREFIX: Final = ".work-"


@contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Make a private folder in `out`, and remove what killed runs left there."""
    for left in out.glob(f"{PREFIX}*"):
        _remove_left(left)
    with tempfile.TemporaryDirectory(dir=out, prefix=PREFIX) as name:
        folder = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(folder)


def _remove_left(folder: Path) -> None:
    """Remove a folder that no run holds; the lock goes with the process that had it."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)


def put_in_place(staged: Path, out: Path) -> Path:
    """Move a finished file or folder to where it belongs, in place of an earlier one."""
    target = out / staged.name
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    return staged.replace(target)
