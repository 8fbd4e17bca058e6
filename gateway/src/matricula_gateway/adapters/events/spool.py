"""Appends decisions to the spool, so that they outlive this process the moment it says so.

A record is handed to the operating system before `append` returns; the disk follows within
`sync_seconds`. When nothing more can be kept it says so, and the gateway refuses to work. Must
not read records or know what they mean.
"""

import asyncio
import errno
import fcntl
import os
from pathlib import Path
from typing import Final

import structlog

from matricula_chassis.ids import IdSource
from matricula_gateway.adapters.events.frames import (
    MAGIC,
    MAX_PAYLOAD,
    CorruptFrame,
    frame,
    load_position,
    read_frames,
    segment_path,
    segments,
    spool_id,
)
from matricula_gateway.application.ports import SpoolRefused

_RECHECK_SECONDS: Final = 1.0
_RESERVE: Final = 65_536

log = structlog.get_logger()


class SpoolInUse(RuntimeError):  # noqa: N818 - named as the fact it states
    """Another gateway process writes to this directory."""


class Spool:
    """See `DecisionLog`. One writer a directory, held by a lock; not for threads."""

    def __init__(
        self,
        directory: Path,
        *,
        ids: IdSource,
        max_bytes: int,
        segment_bytes: int = 8_388_608,
        sync_seconds: float = 0.1,
    ) -> None:
        """Open the spool; raises SpoolInUse. Always begins a new segment."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._sync_seconds = sync_seconds
        self._lock = _lock(directory)
        spool_id(directory, make=ids.uuid7())
        self._number = _next_number(directory)
        self._total = _total_bytes(directory)
        self._file = -1
        self._size = 0
        self._dirty = False
        self._ended: list[int] = []
        self._fault: str | None = None
        self._open_segment()
        _sync_directory(directory)

    # --- writing ------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether another decision could be kept now."""
        return self._fault is None and self._total + _RESERVE <= self._max_bytes

    @property
    def bytes_kept(self) -> int:
        """Bytes on disk, as far as this process knows."""
        return self._total

    @property
    def next_number(self) -> int:
        """The number that the next record gets."""
        return self._number

    def append(self, payload: bytes) -> None:
        """Keep one record; raises SpoolRefused (spool_full, spool_failed)."""
        if len(payload) > MAX_PAYLOAD:
            raise SpoolRefused("record_too_large")
        framed = frame(payload)
        if self._total + len(framed) > self._max_bytes:
            raise SpoolRefused("spool_full")
        if self._fault is not None:
            raise SpoolRefused(self._fault)
        try:
            if self._size + len(framed) > self._segment_bytes:
                self._roll()
            written = os.write(self._file, framed)
        except OSError as error:
            self._fail(error.errno)
        else:
            if written != len(framed):
                self._fail(errno.ENOSPC)
            self._size += written
            self._total += written
            self._number += 1
            self._dirty = True

    def _fail(self, code: int | None) -> None:
        """Take back what was written of the record and refuse until there is room again."""
        self._fault = "spool_full" if code in {errno.ENOSPC, errno.EDQUOT} else "spool_failed"
        log.error("spool.write_failed", fault=self._fault, errno=code)
        if self._file >= 0:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
        raise SpoolRefused(self._fault)

    def _roll(self) -> None:
        ended, self._file = self._file, -1
        if ended >= 0:
            self._ended.append(ended)  # synchronised and closed beside the data path
        self._open_segment()

    def _open_segment(self) -> None:
        """Begin a segment; one that holds nothing yet under this name is written over."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._file = os.open(segment_path(self._directory, self._number), flags, 0o600)
        self._size = os.write(self._file, MAGIC)
        if self._size != len(MAGIC):
            raise OSError(errno.ENOSPC, "no room for a segment")
        self._total += self._size

    # --- beside the data path -----------------------------------------------------------------

    async def run(self) -> None:
        """Bring records to the disk and look for room, until cancelled."""
        loop = asyncio.get_running_loop()
        checked_at = loop.time()
        while True:
            await asyncio.sleep(self._sync_seconds)
            if self._dirty and self._file >= 0:
                self._dirty = False
                ended, self._ended = self._ended, []
                handles = [*ended, os.dup(self._file)]
                await loop.run_in_executor(None, _sync, handles, self._directory if ended else None)
            if loop.time() - checked_at >= _RECHECK_SECONDS:
                checked_at = loop.time()
                self._total = await loop.run_in_executor(None, _total_bytes, self._directory)
                self._recover()

    def _recover(self) -> None:
        """After a failed write, try a new segment: the disk may have room again."""
        if self._fault is None:
            return
        try:
            self._roll()
            self._probe()
        except OSError:
            return
        self._fault = None
        log.info("spool.recovered")

    def _probe(self) -> None:
        """Make sure that the disk takes more than a file name."""
        os.posix_fallocate(self._file, 0, self._size + _RESERVE)
        os.ftruncate(self._file, self._size)

    def unpublished(self) -> int:
        """Return how many records have not been published; reads one small file."""
        return max(0, self._number - load_position(self._directory).number)

    def close(self) -> None:
        """Bring everything to the disk and let another process write; once is enough."""
        if self._lock < 0:
            return
        lock, self._lock = self._lock, -1
        handles = [*self._ended, *([self._file] if self._file >= 0 else [])]
        self._ended, self._file = [], -1
        self._fault = self._fault or "spool_closed"
        _sync(handles, self._directory)
        os.close(lock)


def _lock(directory: Path) -> int:
    handle = os.open(directory / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise SpoolInUse("the spool directory has a writer") from None
    return handle


def _next_number(directory: Path) -> int:
    """Count on from the last whole record, or from what was published when nothing is left."""
    number = load_position(directory).number
    found = segments(directory)
    if found:
        last = found[-1]
        data = last.path.read_bytes()
        counted, end = last.first, len(MAGIC)
        try:
            for _, end in read_frames(data, len(MAGIC)):  # noqa: B007 - the last one is wanted
                counted += 1
        except CorruptFrame:
            log.warning("spool.torn_record", segment=last.first)
        if counted == last.first and len(data) > end:
            counted += 1  # never write over bytes that cannot be read
        number = max(number, counted)
    return number


def _total_bytes(directory: Path) -> int:
    total = 0
    for segment in segments(directory):
        try:
            total += segment.path.stat().st_size
        except FileNotFoundError:
            continue  # the publisher has just removed it
    return total


def _sync(handles: list[int], directory: Path | None) -> None:
    for handle in handles:
        try:
            os.fdatasync(handle)
        finally:
            os.close(handle)
    if directory is not None:
        _sync_directory(directory)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
