"""The form of the spool on disk: segments of framed records, and the position that was published.

A segment is a file named by the number of its first record. A record is length, CRC-32 and
payload. Must not decide when to write or publish.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

MAGIC: Final = b"MGSPOOL1"
MAX_PAYLOAD: Final = 65_536
_FRAME: Final = struct.Struct(">II")
_NAME: Final = re.compile(r"([0-9]{20})\.spool")
_POSITION_FILE: Final = "published.json"
_ID_FILE: Final = "spool.id"


class CorruptFrame(ValueError):  # noqa: N818 - named as the fact it states
    """A record's bytes are not what was written; nothing after them can be found."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the spool."""

    path: Path
    first: int
    """Number of its first record; numbers go up by one over the whole spool."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the spool: the next record's number, its segment and the offset there."""

    number: int = 0
    segment: int = 0
    offset: int = len(MAGIC)


def frame(payload: bytes) -> bytes:
    """Return a payload as it stands in a segment."""
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def segment_path(directory: Path, first: int) -> Path:
    """Return the path of the segment that begins with a record's number."""
    return directory / f"{first:020d}.spool"


def segments(directory: Path) -> list[Segment]:
    """Return the segments that exist, in order."""
    found = []
    for entry in directory.iterdir():
        match = _NAME.fullmatch(entry.name)
        if match is not None:
            found.append(Segment(entry, int(match[1])))
    return sorted(found, key=lambda one: one.first)


def read_frames(data: bytes, offset: int) -> Iterator[tuple[bytes, int]]:
    """Yield payloads and the offset after each; stops before an incomplete record.

    Raises CorruptFrame where the bytes cannot be a record that was written whole.
    """
    end = len(data)
    while end - offset >= _FRAME.size:
        length, checksum = _FRAME.unpack_from(data, offset)
        if not 0 < length <= MAX_PAYLOAD:
            raise CorruptFrame("length")
        start = offset + _FRAME.size
        if end - start < length:
            return
        payload = data[start : start + length]
        if zlib.crc32(payload) != checksum:
            raise CorruptFrame("checksum")
        offset = start + length
        yield payload, offset


def spool_id(directory: Path, *, make: UUID | None = None) -> UUID | None:
    """Return the id of a spool, which lives as long as its numbering; `make` creates one."""
    path = directory / _ID_FILE
    try:
        return UUID(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        if make is None:
            return None
    draft = path.with_suffix(".draft")
    draft.write_text(f"{make}\n", encoding="ascii")
    draft.replace(path)
    return make


def load_position(directory: Path) -> Position:
    """Return the position that was published last, or the beginning."""
    try:
        document = orjson.loads((directory / _POSITION_FILE).read_bytes())
        return Position(document["number"], document["segment"], document["offset"])
    except FileNotFoundError:
        return Position()
    except (KeyError, TypeError, orjson.JSONDecodeError):
        return Position()  # publishing again is a duplicate with the same id, and absorbed


def store_position(directory: Path, position: Position) -> None:
    """Keep the position for the next start; replaces the file in one step."""
    target = directory / _POSITION_FILE
    draft = target.with_suffix(".draft")
    draft.write_bytes(
        orjson.dumps(
            {
                "number": position.number,
                "segment": position.segment,
                "offset": position.offset,
            }
        )
    )
    draft.replace(target)
