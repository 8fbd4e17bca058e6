"""Write the auditors' pack: events, tiles, checkpoints, key and the verifier itself."""

from collections.abc import AsyncIterator, Callable, Mapping

from event_log.application.ports import PackSink, SealedLog
from event_log.domain.merkle import HASH_BYTES
from event_log.domain.tile_paths import tile_path

Progress = Callable[[int], None]


async def build_export(
    log: SealedLog,
    sink: PackSink,
    *,
    size: int,
    extras: Mapping[str, bytes],
    progress: Progress,
) -> None:
    """Write the log as of `size`, a size that was signed; `extras` are added as they are.

    `progress` is called with the number of events written so far.
    """

    async def events() -> AsyncIterator[bytes]:
        written = 0
        async for lines in log.lines(size):
            yield b"\n".join(lines) + b"\n"
            written += len(lines)
            progress(written)

    async def history() -> AsyncIterator[bytes]:
        is_first = True
        async for notes in log.block_notes(size):
            for note in notes:
                yield note.encode() if is_first else b"\n" + note.encode()
                is_first = False

    await sink.add("events.jsonl", events())
    async for tiles in log.tiles(size):
        for tile_id, tile in sorted(tiles.items()):
            await sink.add(tile_path(tile_id, len(tile) // HASH_BYTES), _whole(tile))
    await sink.add("checkpoints", history())
    await sink.add("checkpoint", _whole((await log.note(size)).encode()))
    for name, content in sorted(extras.items()):
        await sink.add(name, _whole(content))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
