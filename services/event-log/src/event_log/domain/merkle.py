"""Hashing and growth of the log's Merkle tree (RFC 6962 section 2.1), with its tiles.

Knows nothing of storage: it takes leaf hashes and hands back tiles and roots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()
_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    """A tile's place: level 0 holds leaf hashes, level n roots of 256**n leaves each."""

    level: int
    index: int


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry: SHA-256(0x00 || entry), RFC 6962 section 2.1."""
    return sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right), RFC 6962 section 2.1."""
    return sha256(_NODE_PREFIX + left + right).digest()


def split_hashes(tile: bytes) -> list[bytes]:
    """Cut a tile into its 32-byte hashes."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power-of-two number of nodes of one height."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def edge_tiles(size: int) -> list[tuple[TileId, int]]:
    """Name the partial tiles at the right edge of a tree, with the hashes that each holds."""
    edge: list[tuple[TileId, int]] = []
    level, nodes = 0, size
    while nodes:
        width = nodes % TILE_WIDTH
        if width:
            edge.append((TileId(level, nodes // TILE_WIDTH), width))
        level, nodes = level + 1, nodes // TILE_WIDTH
    return edge


class GrowingTree:
    """The right edge of a tree: enough to append, to compute roots and to emit tiles.

    Memory is at most 255 hashes a level, whatever the size of the log.
    """

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []  # roots of the perfect subtrees, widest first
        self._edge: list[bytearray] = [bytearray()]
        self._filled: dict[TileId, bytes] = {}

    @classmethod
    def resume(cls, size: int, partial_tiles: Mapping[TileId, bytes]) -> "GrowingTree":
        """Rebuild the edge of a tree of `size` leaves; KeyError when a tile is missing.

        Tiles may be wider than that size needs; the surplus is ignored.
        """
        tree = cls()
        tree._size = size
        low_peaks: list[bytes] = []
        for tile_id, width in edge_tiles(size):
            tile = partial_tiles[tile_id][: width * HASH_BYTES]
            if len(tile) != width * HASH_BYTES:
                raise KeyError(tile_id)
            while len(tree._edge) <= tile_id.level:
                tree._edge.append(bytearray())
            tree._edge[tile_id.level] += tile
            low_peaks = _peaks_of(split_hashes(tile)) + low_peaks
        tree._peaks = low_peaks
        return tree

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self._place(0, leaf)
        node, height, bits = leaf, 0, self._size
        while bits & 1:
            node = node_hash(self._peaks.pop(), node)
            height, bits = height + 1, bits >> 1
            if height % TILE_HEIGHT == 0:
                self._place(height // TILE_HEIGHT, node)
        self._peaks.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Root over all leaves; SHA-256 of nothing for an empty tree."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def take_tiles(self) -> dict[TileId, bytes]:
        """Tiles filled since the last call, and the partial ones at the edge as they are now."""
        tiles, self._filled = self._filled, {}
        for tile_id, _width in edge_tiles(self._size):
            tiles[tile_id] = bytes(self._edge[tile_id.level])
        return tiles

    def _place(self, level: int, node: bytes) -> None:
        if level == len(self._edge):
            self._edge.append(bytearray())
        edge = self._edge[level]
        edge += node
        if len(edge) == TILE_WIDTH * HASH_BYTES:
            index = self._size // TILE_WIDTH ** (level + 1)
            self._filled[TileId(level, index)] = bytes(edge)
            edge.clear()


def _peaks_of(hashes: Sequence[bytes]) -> list[bytes]:
    """Roots of the perfect subtrees over a row of nodes, widest first."""
    peaks: list[bytes] = []
    at = 0
    for height in range(TILE_HEIGHT - 1, -1, -1):
        width = 1 << height
        if len(hashes) & width:
            peaks.append(perfect_root(hashes[at : at + width]))
            at += width
    return peaks
