"""Seal the next arrivals: positions, tree, tiles and marks in one step. Signs nothing."""

from event_log.application.ports import SealingStore
from event_log.domain.merkle import GrowingTree
from event_log.domain.sealing import Batch, grow


async def seal_batch(
    store: SealingStore, tree: GrowingTree, *, limit: int, after: int
) -> tuple[Batch, int] | None:
    """Seal up to `limit` arrivals above `after`; None when nothing waits there.

    Answers the step and the highest arrival it took. When this raises, the tree may be ahead of
    storage and must be loaded anew.
    """
    arrivals = await store.unsealed(limit, after=after)
    if not arrivals:
        return None
    batch = grow(tree, arrivals)
    await store.store(batch)
    return batch, arrivals[-1].number
