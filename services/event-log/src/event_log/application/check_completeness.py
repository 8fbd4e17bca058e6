"""Account for the producers' numbering in what was sealed since the last time."""

from datetime import datetime

from event_log.application.ports import CompletenessStore
from event_log.domain.completeness import Stream, advance


async def check_completeness(store: CompletenessStore, *, now: datetime, limit: int) -> bool:
    """Examine up to `limit` positions; say whether there were any. In one transaction."""
    examined, numbers = await store.next_run(limit)
    if examined == 0:
        return False
    known = await store.streams(sorted(numbers))
    changed = {key: advance(known.get(key, Stream()), found) for key, found in numbers.items()}
    await store.store(changed, examined=examined, now=now)
    return True
