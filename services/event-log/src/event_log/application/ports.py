"""What the use cases ask of storage, files and clocks. Only protocols and plain values."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from event_log.domain.merkle import TileId


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
