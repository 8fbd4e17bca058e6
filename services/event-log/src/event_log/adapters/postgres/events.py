"""Search among sealed events. Few-valued attributes and times go through the sums per block."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from event_log.adapters.postgres.tables import block, event, tile
from event_log.domain.events import EventFilter, LoggedEvent, Scope
from event_log.domain.merkle import TileId
from event_log.domain.sealing import BLOCK_EVENTS

_SUMMED: Final = {
    "type": "types",
    "action": "actions",
    "actor": "actors",
    "client": "clients",
    "purpose": "purposes",
    "outcome": "outcomes",
    "ukprn": "ukprns",
}


class PostgresEvents:
    """Sealed events within one transaction; every method takes the scope."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def search(
        self, scope: Scope, wanted: EventFilter, *, after: int, size: int, limit: int
    ) -> Sequence[LoggedEvent]:
        """Return events at positions above `after` and below `size`, in log order."""
        statement = _search(scope, wanted, after=after, size=size, limit=limit)
        rows = await self._session.execute(statement)
        return [LoggedEvent(**row) for row in rows.mappings()]

    async def get(self, scope: Scope, event_id: UUID, *, size: int) -> LoggedEvent | None:
        """Return one event below `size`."""
        rows = await self._session.execute(
            select(event).where(
                event.c.event_id == event_id,
                event.c.position < size,
                *_conditions(scope, EventFilter()),
            )
        )
        row = rows.mappings().first()
        return None if row is None else LoggedEvent(**row)

    # lint-skip: tenant-scope-required a service asks about ids it holds, of any provider
    async def sealed_among(self, event_ids: Sequence[UUID], *, size: int) -> set[UUID]:
        """Return which of these the log holds below `size`."""
        found = await self._session.execute(
            select(event.c.event_id).where(event.c.event_id.in_(event_ids), event.c.position < size)
        )
        return set(found.scalars())

    async def tiles(self, tile_ids: Sequence[TileId]) -> Mapping[TileId, bytes]:
        """Return tiles of the tree, as wide as they are now."""
        places = [(one.level, one.index) for one in tile_ids]
        if not places:
            return {}
        found = await self._session.execute(
            select(tile.c.level, tile.c.index, tile.c.hashes).where(
                tuple_(tile.c.level, tile.c.index).in_(places)
            )
        )
        return {TileId(level, index): hashes for level, index, hashes in found}


def _search(scope: Scope, wanted: EventFilter, *, after: int, size: int, limit: int) -> Select[Any]:
    positions = (event.c.position > after, event.c.position < size)
    rows = (
        select(event)
        .where(*positions, *_conditions(scope, wanted))
        .order_by(event.c.position)
        .limit(limit)
    )
    has_index = wanted.subject or wanted.correlation or scope.subject
    blocks = _block_conditions(scope, wanted)
    if has_index or not blocks:
        return rows
    # The limit inside is more than a limit: it keeps the planner from joining the whole log first.
    first = block.c.block * BLOCK_EVENTS
    hits = rows.where(event.c.position >= first, event.c.position < first + BLOCK_EVENTS).lateral(
        "hits"
    )
    return (
        select(hits)
        .select_from(block.join(hits, true()))
        .where(*blocks, block.c.block >= (after + 1) // BLOCK_EVENTS, first < size)
        .order_by(block.c.block, hits.c.position)
        .limit(limit)
    )


def _conditions(scope: Scope, wanted: EventFilter) -> list[ColumnElement[bool]]:
    equal = {**_attributes(scope, wanted), "correlation": wanted.correlation}
    found = [event.c[name] == value for name, value in equal.items() if value is not None]
    # Being scoped to a person narrows further what was asked for; it never widens it.
    found += [
        or_(event.c.subject == subject, event.c.person == subject)
        for subject in (wanted.subject, scope.subject)
        if subject is not None
    ]
    for one, other in ((scope.actor, wanted.actor), (scope.client, wanted.client)):
        if one is not None and other is not None and one != other:
            found.append(literal(value=False))
    if wanted.from_time is not None:
        found.append(event.c.time >= wanted.from_time)
    if wanted.to_time is not None:
        found.append(event.c.time < wanted.to_time)
    return found


def _block_conditions(scope: Scope, wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        literal(value) == any_(block.c[_SUMMED[name]])
        for name, value in _attributes(scope, wanted).items()
        if value is not None
    ]
    if wanted.from_time is not None:
        found.append(block.c.latest >= wanted.from_time)
    if wanted.to_time is not None:
        found.append(block.c.earliest < wanted.to_time)
    return found


def _attributes(scope: Scope, wanted: EventFilter) -> dict[str, str | int | None]:
    return {
        "type": wanted.type,
        "action": wanted.action,
        "actor": scope.actor or wanted.actor,
        "client": scope.client or wanted.client,
        "purpose": wanted.purpose,
        "outcome": wanted.outcome,
        "ukprn": scope.ukprn,
    }
