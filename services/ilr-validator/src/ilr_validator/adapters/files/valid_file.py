"""Writes the file again with the learners that have no error: what funding is calculated from."""

from typing import BinaryIO, Final

import numpy as np

from ilr_validator.adapters.files.ilr_file import IlrFile
from ilr_validator.engine.values import Mask

PIECE: Final = 8 * 1024 * 1024


def write_valid_file(file: IlrFile, has_error: Mask, out: BinaryIO) -> int:
    """Copy head, sound learners and end of the file, byte for byte; give the number of learners."""
    edges = np.diff(has_error.astype(np.int8), prepend=1, append=1)
    _copy(file, 0, int(file.starts[0]), out)
    runs = zip(np.flatnonzero(edges == -1), np.flatnonzero(edges == 1), strict=True)
    for first, behind in runs:
        _copy(file, int(file.starts[first]), int(file.starts[behind]), out)
    _copy(file, int(file.starts[-1]), file.source.size, out)
    return int((~has_error).sum())


def _copy(file: IlrFile, start: int, end: int, out: BinaryIO) -> None:
    places = range(start, end, PIECE)
    out.writelines(file.source.read(place, min(place + PIECE, end)) for place in places)
