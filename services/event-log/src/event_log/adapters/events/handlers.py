"""What arrives from Kafka: every event of every topic is put down to wait for the sealer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from event_log.adapters.events.mapping import Row, row_of
from matricula_chassis.clock import Clock
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.topics import topics_consumed_by

TOPICS: Final = topics_consumed_by("event-log")


class ArrivalUnit(Protocol):
    """The part of the unit of work that puts arrivals down."""

    async def add_arrivals(self, rows: Sequence[Row]) -> None:
        """Add rows in their order."""
        ...


def put_down(clock: Clock) -> Callable[[ArrivalUnit, Sequence[Envelope]], Awaitable[None]]:
    """Return the batch handler of the consumer."""

    async def put_down_batch(unit: ArrivalUnit, envelopes: Sequence[Envelope]) -> None:
        now = clock.now()
        await unit.add_arrivals([row_of(envelope, now=now) for envelope in envelopes])

    return put_down_batch
