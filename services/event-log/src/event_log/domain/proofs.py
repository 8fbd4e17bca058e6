"""Inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2), made from tiles.

Pure: the caller loads the tiles that `tiles_of` names; nothing here reads storage.
"""

from collections.abc import Iterator, Mapping, Sequence

from event_log.domain.merkle import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    TileId,
    leaf_hash,
    node_hash,
    perfect_root,
    split_hashes,
)

Range = tuple[int, int]  # leaves begin <= n < end: the subtree that covers them


def _split(width: int) -> int:
    """Largest power of two smaller than `width` (k in RFC 6962 section 2.1)."""
    return 1 << (width - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Subtrees whose roots prove leaf `index` in a tree of `size`, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Subtrees whose roots prove that the tree of `old` leaves is a prefix of that of `new`."""
    if not 0 < old <= new:
        raise ValueError("sizes out of order")
    ranges: list[Range] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        ranges.append((begin, end))
    return ranges[::-1]


def _nodes(span: Range) -> Iterator[tuple[int, int]]:
    """Perfect subtrees (height, index) that make up a subtree, left to right."""
    begin, end = span
    while begin < end:
        height = (end - begin).bit_length() - 1
        yield height, begin >> height
        begin += 1 << height


def tiles_of(ranges: Sequence[Range]) -> set[TileId]:
    """Tiles that hold what the roots of these subtrees are computed from."""
    return {
        TileId(height // TILE_HEIGHT, (index << height % TILE_HEIGHT) // TILE_WIDTH)
        for span in ranges
        for height, index in _nodes(span)
    }


def proof_from_tiles(ranges: Sequence[Range], tiles: Mapping[TileId, bytes]) -> list[bytes]:
    """Roots of the subtrees, in order; KeyError when a tile is absent or too short."""
    return [_range_root(span, tiles) for span in ranges]


def _range_root(span: Range, tiles: Mapping[TileId, bytes]) -> bytes:
    peaks = [_node(height, index, tiles) for height, index in _nodes(span)]
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root


def _node(height: int, index: int, tiles: Mapping[TileId, bytes]) -> bytes:
    level, rest = divmod(height, TILE_HEIGHT)
    tile_index, first = divmod(index << rest, TILE_WIDTH)
    tile = tiles[TileId(level, tile_index)]
    hashes = split_hashes(tile[first * HASH_BYTES : (first + (1 << rest)) * HASH_BYTES])
    if len(hashes) != 1 << rest:
        raise KeyError(TileId(level, tile_index))
    return perfect_root(hashes)


def root_from_inclusion(
    entry: bytes, index: int, *, size: int, proof: Sequence[bytes]
) -> bytes | None:
    """Root that a proof leads to for this entry, or None where its length is wrong."""
    ranges = inclusion_ranges(index, size)
    if len(ranges) != len(proof):
        return None
    node = leaf_hash(entry)
    for (begin, _end), sibling in zip(ranges, proof, strict=True):
        node = node_hash(sibling, node) if begin <= index else node_hash(node, sibling)
    return node


def roots_from_consistency(
    old: int, new: int, *, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes] | None:
    """(old root, new root) that a proof leads to, or None where its length is wrong."""
    ranges = consistency_ranges(old, new)
    if len(ranges) != len(proof):
        return None
    parts = list(zip(ranges, proof, strict=True))
    if not parts or parts[0][0][0] >= old:
        old_node = new_node = old_root  # the old tree is itself a perfect subtree of the new one
    else:
        old_node = new_node = parts.pop(0)[1]
    for (begin, _end), sibling in parts:
        if begin < old:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    return old_node, new_node
