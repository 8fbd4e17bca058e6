"""The tree and its proofs against RFC 6962 vectors, a naive tree and pymerkle."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle.hasher import MerkleHasher

from event_log.domain.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    TILE_WIDTH,
    GrowingTree,
    TileId,
    edge_tiles,
    leaf_hash,
    node_hash,
    split_hashes,
)
from event_log.domain.proofs import (
    consistency_ranges,
    inclusion_ranges,
    proof_from_tiles,
    root_from_inclusion,
    roots_from_consistency,
    tiles_of,
)
from event_log.domain.tile_paths import tile_path

# The eight inputs of the Certificate Transparency reference tests and their roots.
VECTORS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def entry(number: int) -> bytes:
    return f"entry {number}".encode()


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, written as it stands there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def grown(size: int) -> tuple[GrowingTree, dict[TileId, bytes]]:
    tree = GrowingTree()
    for number in range(size):
        tree.append(leaf_hash(entry(number)))
    return tree, tree.take_tiles()


def test_roots_equal_the_reference_vectors() -> None:
    tree = GrowingTree()
    assert tree.root() == EMPTY_ROOT
    for vector, root in zip(VECTORS, ROOTS, strict=True):
        tree.append(leaf_hash(vector))
        assert tree.root().hex() == root


def test_every_root_up_to_600_equals_the_naive_tree_and_pymerkle() -> None:
    foreign = InmemoryTree(algorithm="sha256")
    tree = GrowingTree()
    entries: list[bytes] = []
    for number in range(601):
        assert tree.size == number
        assert tree.root() == naive_root(entries)
        if number:
            assert tree.root() == foreign.get_root(number)
        entries.append(entry(number))
        tree.append(leaf_hash(entries[-1]))
        foreign.append_entry(entries[-1])


def test_pymerkle_hashes_leaves_as_the_rfc_does() -> None:
    assert MerkleHasher("sha256").hash_buff(b"x") == leaf_hash(b"x")


@settings(deadline=None)
@given(size=st.integers(1, 1400), data=st.data())
def test_inclusion_proofs_from_tiles_lead_to_the_root_and_to_no_other(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree, tiles = grown(size)
    ranges = inclusion_ranges(index, size)
    needed = {tile_id: tiles[tile_id] for tile_id in tiles_of(ranges)}
    proof = proof_from_tiles(ranges, needed)
    root = root_from_inclusion(entry(index), index, size=size, proof=proof)
    assert root == tree.root()
    assert root_from_inclusion(b"other", index, size=size, proof=proof) != root
    assert root_from_inclusion(entry(index), index, size=size, proof=[*proof, b"x" * 32]) is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 513, 600])
def test_inclusion_proofs_equal_those_of_pymerkle(size: int) -> None:
    foreign = InmemoryTree(algorithm="sha256")
    for number in range(size):
        foreign.append_entry(entry(number))
    _, tiles = grown(size)
    for index in {0, 1, size // 2, size - 1} & set(range(size)):
        path = foreign.prove_inclusion(index + 1, size).path
        ours = proof_from_tiles(inclusion_ranges(index, size), tiles)
        assert [leaf_hash(entry(index)), *ours] == list(path)


@settings(deadline=None)
@given(sizes=st.tuples(st.integers(1, 900), st.integers(1, 900)))
def test_consistency_proofs_lead_to_both_roots(sizes: tuple[int, int]) -> None:
    old, new = sorted(sizes)
    old_root = grown(old)[0].root()
    tree, tiles = grown(new)
    ranges = consistency_ranges(old, new)
    proof = proof_from_tiles(ranges, tiles)
    found = roots_from_consistency(old, new, old_root=old_root, proof=proof)
    assert found == (old_root, tree.root())
    if proof:
        changed = [bytes(32), *proof[1:]]
        assert roots_from_consistency(old, new, old_root=old_root, proof=changed) != found


@settings(deadline=None)
@given(size=st.integers(0, 2000), more=st.integers(0, 3))
@example(size=65_535, more=2)
@example(size=65_536, more=1)
@example(size=65_537, more=0)
def test_a_tree_resumed_from_its_edge_grows_like_one_never_stopped(size: int, more: int) -> None:
    tree = GrowingTree()
    for number in range(size):
        tree.append(sha256(b"%d" % number).digest())
    tiles = tree.take_tiles()
    wider = {tile_id: tiles[tile_id] + bytes(64) for tile_id, _ in edge_tiles(size)}
    resumed = GrowingTree.resume(size, wider)
    assert resumed.root() == tree.root()
    for number in range(more):
        for either in (tree, resumed):
            either.append(leaf_hash(entry(number)))
    assert resumed.root() == tree.root()
    assert resumed.take_tiles() == tree.take_tiles()


def test_resuming_with_a_missing_or_short_tile_is_refused() -> None:
    _, tiles = grown(300)
    with pytest.raises(KeyError):
        GrowingTree.resume(300, {TileId(1, 0): tiles[TileId(1, 0)]})
    with pytest.raises(KeyError):
        GrowingTree.resume(300, tiles | {TileId(0, 1): b"x" * 32})


def test_full_tiles_have_8192_bytes_and_level_1_holds_their_roots() -> None:
    _, tiles = grown(3 * TILE_WIDTH + 5)
    assert [len(tiles[TileId(0, index)]) for index in range(4)] == [8192, 8192, 8192, 5 * 32]
    level_1 = split_hashes(tiles[TileId(1, 0)])
    for index, root in enumerate(level_1):
        first = index * TILE_WIDTH
        assert root == naive_root([entry(at) for at in range(first, first + TILE_WIDTH)])
    assert len(level_1) == 3
    assert all(len(tile) % HASH_BYTES == 0 for tile in tiles.values())


@pytest.mark.parametrize(
    ("tile_id", "width", "path"),
    [
        (TileId(0, 0), 256, "tile/0/000"),
        (TileId(0, 1234067), 256, "tile/0/x001/x234/067"),
        (TileId(0, 1234067), 12, "tile/0/x001/x234/067.p/12"),
        (TileId(3, 999), 1, "tile/3/999.p/1"),
        (TileId(1, 1000), 256, "tile/1/x001/000"),
    ],
)
def test_tile_paths_are_spelled_as_the_specification_says(
    tile_id: TileId, width: int, path: str
) -> None:
    assert tile_path(tile_id, width) == path
