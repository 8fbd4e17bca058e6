"""Applies records to the database: inbox, effects, dead letters and own events in one transaction.

A batch is one transaction; when it fails it is run again event by event, under savepoints, to
find the culprit. It knows no broker: the consumer and the replay hand it records.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

import asyncpg

from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.messaging import dead_letter, inbox, metrics
from matricula_chassis.messaging.dead_letter import Burial, Lane
from matricula_chassis.messaging.delivery import Delivery, IncomingRecord, deliver, type_of
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.spans import batch_span
from matricula_chassis.messaging.verdict import FailureJudge
from matricula_chassis.observability.context import bound_context, new_context

declare_crash_points("consumer.after_inbox", "consumer.before_commit")

Handler = Callable[[Any, Envelope], Awaitable[None]]
"""Applies one event within the unit of work that it is given; that one is the service's own."""
BatchHandler = Callable[[Any, Sequence[Envelope]], Awaitable[None]]
"""Applies several events of one partition, in their order."""
WorkAhead = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Does what takes long for these events before a transaction is open; it stores nothing."""
UowFactory = Callable[[ActionContext], UnitOfWork]
Ordering = Literal["per_key", "none"]
INBOX_WINDOW: Final = timedelta(days=45)  # topics keep 30 days, and a replay may come later
MAX_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a consumer does with which events.

    With a `batch_handler` every type is handed over, else the types in `handlers`; others are
    skipped and counted. `ordering` "per_key" parks a key behind its first dead letter.
    `inbox_window` is how long the inbox remembers: at least the topic's retention. An unknown
    failure is permanent after `max_attempts`. `work_ahead` sees the events of a batch before its
    transaction is open, those too that the inbox will turn out to know; it keeps what it worked
    out for the handler, failures included, and raises nothing.
    """

    name: str
    uow_factory: UowFactory
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    batch_handler: BatchHandler | None = None
    ordering: Ordering = "per_key"
    inbox_window: timedelta = INBOX_WINDOW
    max_attempts: int = MAX_ATTEMPTS
    work_ahead: WorkAhead | None = None

    def wanted(self, records: Sequence[IncomingRecord]) -> Sequence[IncomingRecord]:
        """Return the records whose types are to be applied; unreadable types are."""
        if self.batch_handler is not None:
            return records
        return [r for r in records if (name := type_of(r.headers)) is None or name in self.handlers]


@dataclass(slots=True)
class Applied:
    """What became of a batch. `fault` stopped it before `next_offset`; None: all are done."""

    next_offset: int
    applied: int = 0
    duplicates: int = 0
    skipped: int = 0
    burials: list[Burial] = field(default_factory=list)
    fault: Exception | None = None


class EventApplier:
    """Applies the records of one consumer. Calls must not overlap for one partition."""

    def __init__(self, subscription: Subscription, *, clock: Clock) -> None:
        self._subscription = subscription
        self._name: Final = subscription.name
        self._clock = clock
        self._judge = FailureJudge(max_attempts=subscription.max_attempts)

    async def apply(self, records: Sequence[IncomingRecord]) -> Applied:
        """Apply records of one partition, in order, and say how far that went."""
        wanted = self._subscription.wanted(records)
        deliveries = [deliver(record) for record in wanted]
        result = Applied(records[-1].offset + 1, skipped=len(records) - len(wanted))
        if deliveries:
            with batch_span(self._name, deliveries):
                if self._subscription.work_ahead is not None:
                    known = [d.envelope for d in deliveries if d.envelope is not None]
                    await self._subscription.work_ahead(known)
                result = await self._apply_all(deliveries, result)
        self._count(result)
        return result

    async def _apply_all(self, deliveries: Sequence[Delivery], result: Applied) -> Applied:
        try:
            await self._apply_together(deliveries, result)
        except Exception:  # noqa: BLE001 - whatever it was, the culprit is looked for
            result = Applied(result.next_offset, skipped=result.skipped)
            await self._apply_singly(deliveries, result)
        return result

    async def handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        """Run the handler of one event, with the event as cause of what it records."""
        subscription = self._subscription
        uow.context = self._caused_by(envelope)
        work = new_context(envelope.correlation_id, traceparent=envelope.traceparent)
        with bound_context(work, event_id=str(envelope.id), event_type=envelope.type):
            if subscription.batch_handler is not None:
                await subscription.batch_handler(uow, [envelope])
            else:
                await subscription.handlers[envelope.type](uow, envelope)

    def open(self, context: ActionContext) -> UnitOfWork:
        """Return a unit of work of the service."""
        return self._subscription.uow_factory(context)

    async def _apply_together(self, deliveries: Sequence[Delivery], result: Applied) -> None:
        now = self._clock.now()
        async with self._open_for(deliveries) as uow:
            raw = await uow.raw()
            new = await inbox.claim(raw, self._name, [d.event_id for d in deliveries], now=now)
            crash_point("consumer.after_inbox")
            fresh = _first_of_each(deliveries, new)
            good, burials = await self._sort(raw, fresh)
            await self._run_handlers(uow, good)
            if burials:
                dead = [burial.delivery.event_id for burial in burials]
                await inbox.mark_dead(raw, self._name, dead)
                await dead_letter.bury(raw, self._name, burials, now=now)
            crash_point("consumer.before_commit")
        result.applied = len(good)
        result.duplicates = len(deliveries) - len(fresh)
        result.burials = burials

    async def _sort(
        self, raw: "asyncpg.Connection[asyncpg.Record]", fresh: Sequence[Delivery]
    ) -> tuple[list[Delivery], list[Burial]]:
        parked = await self._parked(raw, fresh)
        oldest = self._oldest()
        good: list[Delivery] = []
        burials: list[Burial] = []
        for delivery in fresh:
            reason = _reason_at_sight(delivery, parked, oldest)
            if reason is None:
                good.append(delivery)
            else:
                burials.append(Burial(delivery, reason))
                self._park(parked, delivery)
        return good, burials

    async def _run_handlers(self, uow: UnitOfWork, good: Sequence[Delivery]) -> None:
        envelopes = [d.envelope for d in good if d.envelope is not None]
        batch_handler = self._subscription.batch_handler
        if batch_handler is None:
            for envelope in envelopes:
                await self.handle(uow, envelope)
        elif envelopes:
            await batch_handler(uow, envelopes)

    async def _apply_singly(self, deliveries: Sequence[Delivery], result: Applied) -> None:
        end = result.next_offset
        done = Applied(end)
        try:
            async with self._open_for(deliveries) as uow:
                for delivery in deliveries:
                    done.fault = await self._apply_one(uow, delivery, done)
                    if done.fault is not None:
                        done.next_offset = delivery.record.offset
                        break
                crash_point("consumer.before_commit")
        except Exception as error:  # noqa: BLE001 - the transaction itself failed: nothing is done
            result.fault = error
            result.next_offset = deliveries[0].record.offset
            return
        result.next_offset, result.fault = done.next_offset, done.fault
        result.applied, result.duplicates = done.applied, done.duplicates
        result.burials = done.burials

    async def _apply_one(
        self, uow: UnitOfWork, delivery: Delivery, done: Applied
    ) -> Exception | None:
        now = self._clock.now()
        error_class: str | None = None
        try:
            async with uow.savepoint():
                raw = await uow.raw()
                if not await inbox.claim(raw, self._name, [delivery.event_id], now=now):
                    done.duplicates += 1
                    return None
                parked = await self._parked(raw, [delivery])
                reason = _reason_at_sight(delivery, parked, self._oldest())
                if reason is None and delivery.envelope is not None:
                    await self.handle(uow, delivery.envelope)
        except Exception as error:  # noqa: BLE001 - judged here
            reason = self._judge.reason_to_bury(error, delivery.event_id)
            error_class = type(error).__name__
            if reason is None:
                return error
        if reason is None:
            self._judge.succeeded(delivery.event_id)
            done.applied += 1
            return None
        burial = Burial(delivery, reason, error_class)
        raw = await uow.raw()
        await inbox.claim(raw, self._name, [delivery.event_id], now=now)
        await inbox.mark_dead(raw, self._name, [delivery.event_id])
        await dead_letter.bury(raw, self._name, [burial], now=now)
        done.burials.append(burial)
        return None

    def _oldest(self) -> int:
        start = self._clock.now() - self._subscription.inbox_window
        return int(start.timestamp() * 1000)

    async def _parked(
        self, raw: "asyncpg.Connection[asyncpg.Record]", deliveries: Sequence[Delivery]
    ) -> set[Lane]:
        if self._subscription.ordering == "none":
            return set()
        lanes = {lane for delivery in deliveries if (lane := delivery.lane) is not None}
        return await dead_letter.parked_lanes(raw, self._name, lanes)

    def _park(self, parked: set[Lane], delivery: Delivery) -> None:
        if self._subscription.ordering == "per_key" and delivery.lane is not None:
            parked.add(delivery.lane)

    def _open_for(self, deliveries: Sequence[Delivery]) -> UnitOfWork:
        for delivery in deliveries:
            if delivery.envelope is not None:
                return self.open(self._caused_by(delivery.envelope))
        return self.open(ActionContext.system(self._name, str(deliveries[0].event_id)))

    def _caused_by(self, envelope: Envelope) -> ActionContext:
        return ActionContext.system(
            self._name, envelope.correlation_id, causation_id=str(envelope.id)
        )

    def _count(self, result: Applied) -> None:
        metrics.EVENTS_APPLIED.labels(self._name).inc(result.applied)
        metrics.EVENTS_SKIPPED.labels(self._name).inc(result.skipped)
        metrics.INBOX_DUPLICATES.labels(self._name).inc(result.duplicates)
        dead_letter.count_burials(self._name, result.burials)


def _first_of_each(deliveries: Sequence[Delivery], new: set[Any]) -> list[Delivery]:
    fresh: list[Delivery] = []
    for delivery in deliveries:
        if delivery.event_id in new:
            new.discard(delivery.event_id)
            fresh.append(delivery)
    return fresh


def _reason_at_sight(delivery: Delivery, parked: set[Lane], oldest: int) -> str | None:
    if parked and delivery.lane in parked:
        return dead_letter.PARKED_KEY
    if delivery.fault is not None:
        return f"undecodable:{delivery.fault}"
    if delivery.made_at < oldest:
        return dead_letter.TOO_OLD
    return None
