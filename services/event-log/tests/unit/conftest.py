"""A small log in memory and its export, made with the code under test and a fixed key."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from event_log.adapters.files.packs import FolderSink, pack_extras
from event_log.adapters.files.verify import Result, verify
from event_log.application.build_export import build_export
from event_log.domain.canonical import canonical_bytes
from event_log.domain.merkle import HASH_BYTES, TILE_WIDTH, GrowingTree, TileId, leaf_hash
from event_log.domain.notes import Checkpoint, SignerKey

ORIGIN = "example.test/log"


class MemoryLog:
    """Implements SealedLog over a list of lines."""

    def __init__(self, lines: Sequence[bytes], key: SignerKey) -> None:
        self.key = key
        self.entries = list(lines)
        self.notes: dict[int, str] = {0: self._sign(0, GrowingTree().root())}
        self.tree = GrowingTree()
        self.all_tiles: dict[TileId, bytes] = {}
        for at, line in enumerate(lines, 1):
            self.tree.append(leaf_hash(line))
            if at % TILE_WIDTH == 0 or at == len(lines):
                self.notes[at] = self._sign(at, self.tree.root())
        self.all_tiles |= self.tree.take_tiles()

    def _sign(self, size: int, root: bytes) -> str:
        return self.key.sign(Checkpoint(self.key.name, size, root).text())

    async def lines(self, size: int) -> AsyncIterator[Sequence[bytes]]:
        for at in range(0, size, 100):
            yield self.entries[at : min(at + 100, size)]

    async def tiles(self, size: int) -> AsyncIterator[Mapping[TileId, bytes]]:
        for tile_id, tile in self.all_tiles.items():
            width = size // TILE_WIDTH**tile_id.level - tile_id.index * TILE_WIDTH
            if width > 0:
                yield {tile_id: tile[: width * HASH_BYTES]}

    async def block_notes(self, size: int) -> AsyncIterator[Sequence[str]]:
        for at in sorted(self.notes):
            if 0 < at < size and at % TILE_WIDTH == 0:
                yield [self.notes[at]]

    async def note(self, size: int) -> str:
        return self.notes[size]


class Pack:
    """An export on disk, to be tampered with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy(self, folder: Path) -> "Pack":
        return Pack(Path(shutil.copytree(self.folder, folder)))

    def lines(self) -> list[bytes]:
        return (self.folder / "events.jsonl").read_bytes().splitlines(keepends=True)

    def write(self, lines: Sequence[bytes]) -> None:
        (self.folder / "events.jsonl").write_bytes(b"".join(lines))

    def leaf_tile(self, index: int) -> Path:
        path = self.folder / f"tile/0/{index // TILE_WIDTH:03d}"
        return path if path.is_file() else next(path.with_suffix(".p").iterdir())

    def verify(self, **options: Any) -> Result:
        return verify(self.folder, **options)

    def first_bad(self, **options: Any) -> object:
        result = verify(self.folder, **options)
        assert result["ok"] is False
        assert result["problem"]
        return result["first_bad_index"]


def event_line(number: int) -> bytes:
    event = {
        "id": f"0190{number:08x}",
        "type": "test.thing.done.v1",
        "subject": f"thing-{number % 7}",
        "sequence": number,
        "data": {"note": "x" * (number % 90), "count": number},
    }
    return canonical_bytes(event)


@pytest.fixture(scope="session")
def signer() -> SignerKey:
    return SignerKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def memory_log(signer: SignerKey) -> Callable[..., MemoryLog]:
    def make(size: int, key: SignerKey | None = None) -> MemoryLog:
        return MemoryLog([event_line(at) for at in range(size)], key or signer)

    return make


@pytest.fixture(scope="session")
def write_export() -> Callable[..., Pack]:
    def write(log: MemoryLog, folder: Path, size: int | None = None) -> Pack:
        async def build() -> None:
            await build_export(
                log,
                FolderSink(folder),
                size=len(log.entries) if size is None else size,
                extras=pack_extras(log.key.verifier().text()),
                progress=lambda _written: None,
            )

        # a loop of its own: this fixture also serves tests that are not asynchronous
        with asyncio.Runner() as runner:
            runner.run(build())
        return Pack(folder)

    return write


@pytest.fixture(scope="session")
def original(
    memory_log: Callable[..., MemoryLog],
    write_export: Callable[..., Pack],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pack:
    """Two full tiles and a partial one, a partial tile of level 1; never changed."""
    return write_export(memory_log(700), tmp_path_factory.mktemp("log") / "export")


@pytest.fixture
def export(original: Pack, tmp_path: Path) -> Pack:
    """A copy of it to tamper with."""
    return original.copy(tmp_path / "export")


@pytest.fixture(scope="session")
def run_json() -> Callable[[str], dict[str, object]]:
    def parse(text: str) -> dict[str, object]:
        document = json.loads(text)
        assert isinstance(document, dict)
        return document

    return parse
