"""Replays dead letters: in order, through the same handler and inbox, with who and why on record.

A key is replayed from its first letter on and is free again after its last; a letter that fails
again keeps its key parked. Discarding is a decision of a person and leaves the inbox mark.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg
import structlog

from matricula_chassis.audit import ActionContext, AuditFacts
from matricula_chassis.clock import Clock
from matricula_chassis.db.sql import query
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.messaging import dead_letter, inbox
from matricula_chassis.messaging.applier import EventApplier, Subscription
from matricula_chassis.messaging.envelope import Envelope, EventDraft

AUDIT_TOPIC: Final = "audit.access"
AUDIT_TYPE: Final = "access.deadletter.resolved.v1"

_LOG: Final = structlog.get_logger()
_PACKAGE: Final = "matricula_chassis.messaging"

Resolution = Literal["replayed", "discarded"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters: all conditions that are set must hold. `limit` counts letters.

    With order per key a selected letter brings the earlier ones of its key along, and the later.
    """

    key: str | None = None
    type: str | None = None
    event_id: UUID | None = None
    since: datetime | None = None
    limit: int | None = None
    dry_run: bool = False


@dataclass(slots=True)
class ReplayReport:
    """`found` letters matched; of those `resolved` are done and `failed` keys stay parked."""

    found: int = 0
    resolved: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Lane:
    topic: str
    key: bytes | None
    alone: int | None


class Replay:
    """Replays or discards the dead letters of one consumer."""

    def __init__(self, subscription: Subscription, *, clock: Clock) -> None:
        self._name = subscription.name
        self._ordering = subscription.ordering
        self._applier = EventApplier(subscription, clock=clock)
        self._clock = clock

    async def run(
        self,
        selection: Selection,
        *,
        context: ActionContext,
        reason: str,
        resolution: Resolution = "replayed",
    ) -> ReplayReport:
        """Resolve the selected letters and report. `context` says who, `reason` (a code) why."""
        report = ReplayReport()
        for lane, letters in await self._select(selection, context):
            report.found += letters
            if selection.dry_run:
                continue
            while selection.limit is None or report.resolved < selection.limit:
                try:
                    if not await self._resolve_next(lane, context, reason, resolution):
                        break
                except Exception as error:  # noqa: BLE001 - the key stays parked, the others go on
                    report.failed += 1
                    _LOG.warning("replay.failed", topic=lane.topic, error=type(error).__name__)
                    break
                report.resolved += 1
        return report

    async def _select(
        self, selection: Selection, context: ActionContext
    ) -> list[tuple[_Lane, int]]:
        async with self._applier.open(context) as uow:
            raw = await uow.raw()
            rows = await raw.fetch(
                query(_PACKAGE, "dead_letter_select"),
                self._name,
                None if selection.key is None else selection.key.encode(),
                selection.type,
                selection.since,
                self._ordering == "none",
                selection.event_id,
            )
        return [(_Lane(row["topic"], row["key"], row["alone"]), row["letters"]) for row in rows]

    async def _resolve_next(
        self, lane: _Lane, context: ActionContext, reason: str, resolution: Resolution
    ) -> bool:
        async with self._applier.open(context) as uow:
            raw = await uow.raw()
            await dead_letter.lock_lane(raw, self._name, (lane.topic, lane.key))
            letter = await raw.fetchrow(
                query(_PACKAGE, "dead_letter_next"), self._name, lane.topic, lane.key, lane.alone
            )
            if letter is None:
                return False
            if resolution == "replayed":
                await self._apply(uow, raw, letter)
            uow.context = context
            await raw.execute(
                query(_PACKAGE, "dead_letter_resolve"),
                letter["id"],
                self._clock.now(),
                context.actor.subject,
                resolution,
                reason,
            )
            uow.record(self._audit(letter, context, reason, resolution))
        return True

    async def _apply(
        self,
        uow: UnitOfWork,
        raw: "asyncpg.Connection[asyncpg.Record]",
        letter: asyncpg.Record,
    ) -> None:
        names = (name.decode() for name in letter["header_names"])
        headers = list(zip(names, letter["header_values"], strict=True))
        envelope = Envelope.from_record(letter["topic"], headers, letter["payload"])
        event_id: UUID = letter["event_id"]
        if await inbox.mark_replayed(raw, self._name, event_id, now=self._clock.now()):
            await self._applier.handle(uow, envelope)

    def _audit(
        self,
        letter: asyncpg.Record,
        context: ActionContext,
        reason: str,
        resolution: Resolution,
    ) -> EventDraft:
        event_id = str(letter["event_id"])
        return EventDraft(
            type=AUDIT_TYPE,
            topic=AUDIT_TOPIC,
            subject=event_id,
            sequence=1,
            data={"consumer": self._name, "event_id": event_id, "resolution": resolution},
            audit=AuditFacts(
                action=f"dead_letter:{resolution}",
                resource_type="dead_letter",
                resource_id=event_id,
                ukprn=context.actor.ukprn,
                reason=reason,
            ),
        )
