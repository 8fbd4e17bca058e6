"""Missing sequence numbers are listed, and no longer when they arrive after all."""

from typing import Any

import pytest

from event_log.adapters.postgres.background import SEQUENCE_GAPS, examine
from event_log.adapters.postgres.completeness import completeness_store

pytestmark = pytest.mark.postgres


async def gaps(log: Any) -> list[tuple[str, int, int]]:
    while await examine(log.database, log.clock):
        pass
    async with completeness_store(log.database) as store:
        return [(key.subject, first, last) for key, first, last, _at in await store.gaps(10)]


async def test_a_gap_is_found_and_closed_by_a_late_event(log: Any) -> None:
    def numbered(subject: str, number: int) -> Any:
        return log.make.event(subject=subject, sequence=number)

    await log.put_down([numbered("a", 1), numbered("a", 2), numbered("b", 1), numbered("b", 4)])
    await log.put_down([numbered("reads", 0), numbered("reads", 0)])
    assert await gaps(log) == [], "nothing is sealed yet"
    await log.seal()
    assert await gaps(log) == [("b", 2, 3)]
    assert SEQUENCE_GAPS._value.get() == 1
    await log.put_down([numbered("b", 3), numbered("a", 4)])
    await log.seal()
    assert sorted(await gaps(log)) == [("a", 3, 3), ("b", 2, 2)]
    await log.put_down([numbered("b", 2), numbered("a", 3)])
    await log.seal()
    assert await gaps(log) == []


async def test_numbering_is_per_topic_and_subject(log: Any) -> None:
    await log.put_down(
        [
            log.make.event(subject="one", sequence=1, topic="learning.learner"),
            log.make.event(subject="one", sequence=2, topic="learning.submission"),
        ]
    )
    await log.seal()
    assert await gaps(log) == [("one", 1, 1)]
