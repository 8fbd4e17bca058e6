"""One step of the log's growth: which arrivals become which positions, tiles and checkpoints.

Pure. Whoever stores a batch stores all of it or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from event_log.domain.merkle import TILE_WIDTH, GrowingTree, TileId, leaf_hash

BLOCK_EVENTS = 1024
"""Positions whose attributes are summed up together: see BlockFacets."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A committed event that waits; `is_sealed` when the log holds that event already.

    `facets` are its attributes in the order of FACETS, None where it has none.
    """

    number: int
    event_id: UUID
    canonical: bytes
    time: datetime
    is_sealed: bool
    facets: tuple[str | int | None, ...]


FACETS = ("types", "actions", "actors", "clients", "purposes", "outcomes", "ukprns")


@dataclass(slots=True)
class BlockFacets:
    """What occurs among some positions of one block, so that a search can pass the block over."""

    earliest: datetime
    latest: datetime
    facets: set[tuple[str | int | None, ...]]

    def values(self, name: str) -> list[str | int]:
        """Distinct values of one of FACETS."""
        place = FACETS.index(name)
        found = {value for one in self.facets if (value := one[place]) is not None}
        return sorted(found, key=str)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step adds. `marks` are the (size, root) pairs that are to be signed."""

    first_position: int
    arrivals: tuple[int, ...]
    repeated: tuple[int, ...]
    tiles: Mapping[TileId, bytes]
    marks: tuple[tuple[int, bytes], ...]
    blocks: Mapping[int, BlockFacets]

    @property
    def size(self) -> int:
        """Size of the log after this step."""
        return self.first_position + len(self.arrivals)


def grow(tree: GrowingTree, arrivals: Sequence[Arrival]) -> Batch:
    """Append arrivals in their order; an event that is already there is dropped as repeated.

    Every multiple of 256 gets a mark, so that an export can name a bad event's block, and so does
    the end. The tree is ahead of storage until the batch is stored.
    """
    first = tree.size
    taken: list[int] = []
    repeated: list[int] = []
    marks: list[tuple[int, bytes]] = []
    blocks: dict[int, BlockFacets] = {}
    seen: set[UUID] = set()
    for arrival in arrivals:
        if arrival.is_sealed or arrival.event_id in seen:
            repeated.append(arrival.number)
            continue
        seen.add(arrival.event_id)
        taken.append(arrival.number)
        _sum_up(blocks, tree.size // BLOCK_EVENTS, arrival)
        tree.append(leaf_hash(arrival.canonical))
        if tree.size % TILE_WIDTH == 0:
            marks.append((tree.size, tree.root()))
    if taken and tree.size % TILE_WIDTH:
        marks.append((tree.size, tree.root()))
    return Batch(first, tuple(taken), tuple(repeated), tree.take_tiles(), tuple(marks), blocks)


def _sum_up(blocks: dict[int, BlockFacets], number: int, arrival: Arrival) -> None:
    block = blocks.get(number)
    if block is None:
        blocks[number] = BlockFacets(arrival.time, arrival.time, {arrival.facets})
        return
    block.facets.add(arrival.facets)
    if arrival.time < block.earliest:
        block.earliest = arrival.time
    elif arrival.time > block.latest:
        block.latest = arrival.time
