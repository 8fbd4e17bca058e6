"""The log's events about itself, as the contract spells them. It keeps nothing."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from event_log.domain.notes import Checkpoint
from matricula_chassis.audit import Actor, AuditFacts
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.envelope import EventDraft
from matricula_contracts.events import CheckpointSigned, DataRead, Event

LOG_ID = "event-log"
"""Aggregate id of the log itself."""


class OutboxJournal:
    """Turns facts into drafts and hands them to the unit of work."""

    def __init__(
        self, record: Callable[[EventDraft], None], *, actor: Actor, ids: IdSource
    ) -> None:
        self._record = record
        self._actor = actor
        self._ids = ids

    def checkpoint_signed(self, checkpoint: Checkpoint, *, at: datetime) -> None:
        """Announce a tree head."""
        event = CheckpointSigned(
            origin=checkpoint.origin,
            size=checkpoint.size,
            root_hash=b64encode(checkpoint.root).decode(),
            signed_at=at,
        )
        audit = AuditFacts("log:signed", "log", LOG_ID)
        self._add(event, subject=LOG_ID, sequence=checkpoint.size, audit=audit)

    def data_read(
        self, *, operation: str, resource_type: str, resource_id: UUID | None, rows: int
    ) -> None:
        """Record a read, keyed by the client that read: order among reads means nothing."""
        read_id = self._ids.uuid7()
        event = DataRead(
            read_id=read_id,
            client_id=self._actor.client_id,
            operation=operation,
            resource_type=resource_type,
            resource_id=resource_id,
            rows=rows,
        )
        audit = AuditFacts(
            f"{resource_type}:read",
            resource_type,
            str(resource_id or read_id),
            ukprn=self._actor.ukprn,
        )
        self._add(event, subject=self._actor.client_id, sequence=0, audit=audit)

    def _add(self, event: Event, *, subject: str, sequence: int, audit: AuditFacts) -> None:
        self._record(EventDraft(event.TYPE, event.TOPIC, subject, sequence, event.data(), audit))
