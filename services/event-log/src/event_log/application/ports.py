"""What the use cases ask of storage, files and clocks. Only protocols and plain values."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from event_log.domain.completeness import Stream, StreamKey
from event_log.domain.events import EventFilter, LoggedEvent, Scope
from event_log.domain.exports import Export
from event_log.domain.merkle import TileId
from event_log.domain.notes import Checkpoint
from event_log.domain.sealing import Arrival, Batch


class SealingStore(Protocol):
    """The one active sealer's hold on the log."""

    async def unsealed(self, limit: int, *, after: int = 0) -> Sequence[Arrival]:
        """Arrivals above a number, in their order."""
        ...

    async def store(self, batch: Batch) -> None:
        """Store one step, all of it or nothing."""
        ...


class Checkpoints(Protocol):
    """Marks of the tree, signed and not."""

    async def unsigned(self) -> Sequence[tuple[int, bytes]]:
        """(size, root) of the marks that wait for their signature, in order."""
        ...

    async def root_at(self, size: int) -> bytes | None:
        """Root of the mark of exactly this size."""
        ...

    async def sign(self, notes: Sequence[tuple[int, str]], *, at: datetime) -> None:
        """Store the signed notes of marks."""
        ...

    async def latest(self) -> tuple[int, str] | None:
        """Size and note of the newest signed checkpoint."""
        ...


class HighWater(Protocol):
    """Memory of the last signature outside of the database, so that a restored one is noticed."""

    def read(self) -> Checkpoint | None:
        """Last checkpoint that was about to be made public."""
        ...

    def write(self, note: str) -> None:
        """Remember a checkpoint durably, before anybody can see it."""
        ...


class Events(Protocol):
    """Sealed events. Every method takes whose events may be seen."""

    async def search(
        self, scope: Scope, wanted: EventFilter, *, after: int, size: int, limit: int
    ) -> Sequence[LoggedEvent]:
        """Events at positions above `after` and below `size`, in log order."""
        ...

    async def get(self, scope: Scope, event_id: UUID, *, size: int) -> LoggedEvent | None:
        """One event below `size`."""
        ...

    async def sealed_among(self, event_ids: Sequence[UUID], *, size: int) -> set[UUID]:
        """Which of these the log holds below `size`."""
        ...

    async def tiles(self, tile_ids: Sequence[TileId]) -> Mapping[TileId, bytes]:
        """Tiles of the tree, as wide as they are now."""
        ...


class Exports(Protocol):
    """Exports and their progress."""

    async def add(self, export: Export) -> None:
        """Add a queued export."""
        ...

    async def get(self, export_id: UUID, *, requested_by: str, ukprn: int | None) -> Export | None:
        """One export of this requester, asked for within this provider (None: within none)."""
        ...


class Journal(Protocol):
    """Events of the log about itself; they go through its own outbox."""

    def checkpoint_signed(self, checkpoint: Checkpoint, *, at: datetime) -> None:
        """Announce a tree head."""
        ...

    def data_read(
        self, *, operation: str, resource_type: str, resource_id: UUID | None, rows: int
    ) -> None:
        """Record that the log was read."""
        ...


class LogUnit(Protocol):
    """One transaction on the log."""

    @property
    def checkpoints(self) -> Checkpoints:
        """Checkpoints."""
        ...

    @property
    def events(self) -> Events:
        """Sealed events."""
        ...

    @property
    def exports(self) -> Exports:
        """Exports."""
        ...

    @property
    def journal(self) -> Journal:
        """The log's own events."""
        ...

    async def __aenter__(self) -> Self:
        """Begin."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Commit, or undo after an error."""
        ...


class SealedLog(Protocol):
    """The sealed part of the log, read as of a size; never shows what is not yet sealed."""

    def lines(self, size: int) -> AsyncIterator[Sequence[bytes]]:
        """Canonical events 0 to size - 1 in order, in batches."""
        ...

    def tiles(self, size: int) -> AsyncIterator[Mapping[TileId, bytes]]:
        """All tiles of a tree of this size, cut to the width they had then, in batches."""
        ...

    def block_notes(self, size: int) -> AsyncIterator[Sequence[str]]:
        """Signed checkpoints of the sizes below `size` that are multiples of 256, in order."""
        ...

    async def note(self, size: int) -> str:
        """Signed checkpoint of exactly this size."""
        ...


class PackSink(Protocol):
    """Where an export is written, one file after the other."""

    async def add(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write one file from its parts; `name` is a relative path with forward slashes."""
        ...


class PackFile(PackSink, Protocol):
    """A pack that becomes visible when it is whole."""

    def finish(self) -> int:
        """Complete it; its length in bytes."""
        ...

    def discard(self) -> None:
        """Drop it."""
        ...


class PackShelf(Protocol):
    """The folder of finished packs."""

    def begin(self, export_id: UUID) -> PackFile:
        """Begin a pack anew."""
        ...

    def remove(self, export_id: UUID) -> None:
        """Remove a pack, if it is there."""
        ...


class ExportQueue(Protocol):
    """Exports as the background worker sees them."""

    async def claim(self, *, now: datetime, abandoned_before: datetime) -> Export | None:
        """Take the oldest queued export, or one whose worker gave no sign of life since."""
        ...

    async def progress(self, export_id: UUID, *, events_written: int, now: datetime) -> None:
        """Note how far it is; also the sign of life."""
        ...

    async def finish(
        self, export_id: UUID, *, size_bytes: int, now: datetime, expires_at: datetime
    ) -> None:
        """Mark it ready."""
        ...

    async def fail(self, export_id: UUID, *, now: datetime) -> None:
        """Mark it failed."""
        ...

    async def expire(self, *, now: datetime) -> Sequence[UUID]:
        """Mark those whose time is over as expired and return them."""
        ...


class CompletenessStore(Protocol):
    """How far the numbering of the producers has been examined, and what is missing."""

    async def next_run(self, limit: int) -> tuple[int, Mapping[StreamKey, Sequence[int]]]:
        """End of the next run of positions, and the sequence numbers in it by stream."""
        ...

    async def streams(self, keys: Sequence[StreamKey]) -> Mapping[StreamKey, Stream]:
        """Return what is known of these streams."""
        ...

    async def store(
        self, streams: Mapping[StreamKey, Stream], *, examined: int, now: datetime
    ) -> None:
        """Store what is known now, and how far."""
        ...
