"""Reads the spool in order, from the position that was published last.

Follows the writer from another process; a torn record at the end of a dead writer's segment is
passed over and counted. Must not publish.
"""

import fcntl
import os
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from matricula_gateway.adapters.events.frames import (
    CorruptFrame,
    Position,
    Segment,
    load_position,
    read_frames,
    segments,
    spool_id,
    store_position,
)

_READ_BYTES: Final = 1_048_576

log = structlog.get_logger()


class ReaderBusy(RuntimeError):  # noqa: N818 - named as the fact it states
    """Another process publishes from this directory."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads in order, the number of the first, and the position after them.

    `spool` is the id of the spool: together with the number it names a record for ever.
    """

    spool: UUID
    first: int
    payloads: tuple[bytes, ...]
    after: Position
    ends_torn: bool = False
    """Bytes follow in the segment that are no whole record, and never will be one."""


class SpoolReader:
    """One reader a directory, held by a lock."""

    def __init__(self, directory: Path) -> None:
        """Open the spool for reading; raises ReaderBusy."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._lock = _lock(directory)
        self._position = load_position(directory)
        self.torn = 0

    @property
    def position(self) -> Position:
        """The place from which the next batch is read."""
        return self._position

    def read(self, limit: int) -> Batch | None:
        """Return up to `limit` records, or None when there is nothing new."""
        position = self._position
        spool = spool_id(self._directory)
        while spool is not None:
            segment, is_last = self._segment_at(position)
            if segment is None:
                return None
            if segment.first != position.segment:
                position = Position(number=segment.first, segment=segment.first)
            payloads, after, has_rest = _read_segment(segment, position, limit)
            is_torn = has_rest and not is_last
            if payloads:
                return Batch(spool, position.number, tuple(payloads), after, ends_torn=is_torn)
            if is_last:
                return None
            # Nothing more comes in this segment: a later one exists already.
            if is_torn:
                self._note_torn(segment.first)
            position = Position(number=after.number, segment=segment.first + 1)
        return None

    def acknowledge(self, batch: Batch) -> None:
        """Remember that a batch was published, and remove segments that are done with."""
        if batch.ends_torn:
            self._note_torn(batch.after.segment)
        self._position = batch.after
        store_position(self._directory, self._position)
        found = segments(self._directory)
        for segment, following in pairwise(found):
            if following.first <= self._position.number and segment.first < following.first:
                segment.path.unlink(missing_ok=True)

    def _note_torn(self, segment: int) -> None:
        self.torn += 1
        log.warning("spool.torn_record", segment=segment)

    def close(self) -> None:
        """Let another process read."""
        os.close(self._lock)

    def _segment_at(self, position: Position) -> tuple[Segment | None, bool]:
        """Return the segment that holds a position, or the first after it; and if it is the last.

        The list is taken before the segment is read, so that `last` is never said too late.
        """
        found = segments(self._directory)
        for index, segment in enumerate(found):
            if segment.first >= position.segment:
                return segment, index == len(found) - 1
        return None, True


def _read_segment(
    segment: Segment, position: Position, limit: int
) -> tuple[list[bytes], Position, bool]:
    """Return payloads, the position after them, and whether other bytes follow there."""
    payloads: list[bytes] = []
    after = position
    with segment.path.open("rb") as file:
        file.seek(position.offset)
        data = file.read(_READ_BYTES)
    try:
        for payload, end in read_frames(data, 0):
            payloads.append(payload)
            after = replace(after, number=after.number + 1, offset=position.offset + end)
            if len(payloads) == limit:
                return payloads, after, False
    except CorruptFrame:
        return payloads, after, True
    is_all = len(data) < _READ_BYTES
    return payloads, after, is_all and after.offset < position.offset + len(data)


def _lock(directory: Path) -> int:
    handle = os.open(directory / "reader.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ReaderBusy("the spool directory has a reader") from None
    return handle
