"""Read the sealed log: search, one event, its proof. Every read leaves an event of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from event_log.application.ports import LogUnit
from event_log.domain.events import EventFilter, LoggedEvent, Scope
from event_log.domain.proofs import inclusion_ranges, proof_from_tiles, tiles_of
from event_log.domain.tlog_proof import render_proof
from matricula_chassis.errors import FieldFault, Invalid, NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class Found:
    """A page of events, as of a size of the log. `next_after` is None on the last page."""

    events: Sequence[LoggedEvent]
    size: int
    next_after: int | None


async def latest_checkpoint(unit: LogUnit) -> tuple[int, str]:
    """Return the newest signed size and its note; Unavailable before the first was signed."""
    found = await unit.checkpoints.latest()
    if found is None:
        raise Unavailable("unavailable", cause="no-checkpoint-yet")
    return found


async def search_log(
    unit: LogUnit,
    scope: Scope,
    *,
    wanted: EventFilter,
    after: int,
    as_of: int | None,
    limit: int,
) -> Found:
    """Find events above position `after`, as of a size of the log (by default, the newest)."""
    async with unit:
        newest, _note = await latest_checkpoint(unit)
        if as_of is not None and as_of > newest:
            fault = FieldFault("/as_of", "too-large", "The log is not that long yet.")
            raise Invalid("validation-failed", faults=[fault])
        size = newest if as_of is None else as_of
        events = await unit.events.search(scope, wanted, after=after, size=size, limit=limit + 1)
        page = events[:limit]
        unit.journal.data_read(
            operation="search_events", resource_type="event", resource_id=None, rows=len(page)
        )
        more = page[-1].position if len(events) > limit else None
        return Found(page, size, more)


async def read_event(unit: LogUnit, scope: Scope, event_id: UUID) -> LoggedEvent:
    """Return one sealed event; NotFound for one that is unsealed, absent or another's."""
    async with unit:
        size, _note = await latest_checkpoint(unit)
        event = await _event(unit, scope, event_id, size=size)
        _record_read(unit, "get_event", event_id)
        return event


async def prove_event(unit: LogUnit, scope: Scope, event_id: UUID) -> str:
    """Return the C2SP tlog-proof of one event under the newest checkpoint."""
    async with unit:
        size, note = await latest_checkpoint(unit)
        event = await _event(unit, scope, event_id, size=size)
        ranges = inclusion_ranges(event.position, size)
        tiles = await unit.events.tiles(sorted(tiles_of(ranges)))
        _record_read(unit, "prove_event", event_id)
        return render_proof(event.position, proof_from_tiles(ranges, tiles), checkpoint=note)


async def confirm_sealed(unit: LogUnit, event_ids: Sequence[UUID]) -> tuple[set[UUID], int]:
    """Return which of these events are sealed under a signed checkpoint, and its size."""
    async with unit:
        size, _note = await latest_checkpoint(unit)
        return await unit.events.sealed_among(event_ids, size=size), size


async def _event(unit: LogUnit, scope: Scope, event_id: UUID, *, size: int) -> LoggedEvent:
    event = await unit.events.get(scope, event_id, size=size)
    if event is None:
        raise NotFound("event-not-found", event_id=str(event_id))
    return event


def _record_read(unit: LogUnit, operation: str, event_id: UUID) -> None:
    unit.journal.data_read(operation=operation, resource_type="event", resource_id=event_id, rows=1)
