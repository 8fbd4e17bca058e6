"""What the auditors' API takes and gives. Times are UTC; hashes are base64."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from event_log.domain.events import LoggedEvent
from event_log.domain.exports import Export, ExportState
from event_log.domain.merkle import leaf_hash
from matricula_chassis.http import Page


class EventSummary(BaseModel):
    """One sealed event: the attributes that it can be found by."""

    model_config = ConfigDict(frozen=True)

    position: int = Field(ge=0, description="Place in the log, counted from 0.")
    event_id: UUID
    type: str
    topic: str
    source: str
    subject: str
    sequence: int
    time: datetime
    correlation_id: str
    actor: str | None
    client: str | None
    action: str | None
    outcome: str | None
    purpose: str | None
    person: str | None = Field(description="Pseudonym of the person concerned.")
    ukprn: int | None

    @classmethod
    def of(cls, event: LoggedEvent) -> Self:
        """Return what is shown of an event."""
        return cls(**_members(event))


class EventDetail(EventSummary):
    """One sealed event with its content."""

    canonical: str = Field(description="The exact text that was sealed; its UTF-8 is the leaf.")
    leaf_hash: str = Field(description="SHA-256 of a zero byte and the canonical text, in base64.")
    event: Mapping[str, Any] = Field(description="The same as JSON, in CloudEvents form.")

    @classmethod
    def of(cls, event: LoggedEvent) -> Self:
        """Return all of an event."""
        return cls(
            **_members(event),
            canonical=event.canonical.decode(),
            leaf_hash=b64encode(leaf_hash(event.canonical)).decode(),
            event=orjson.loads(event.canonical),
        )


class EventPage(Page[EventSummary]):
    """One page of a search."""

    as_of: int = Field(
        description="Size of the log that the whole search runs against; later pages keep it."
    )


class SealedQuestion(BaseModel):
    """Which events are asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_ids: Annotated[list[UUID], Field(min_length=1, max_length=10_000)]


class SealedAnswer(BaseModel):
    """Which of them the log holds under a signed checkpoint."""

    model_config = ConfigDict(frozen=True)

    sealed: list[UUID]
    size: int = Field(description="Size of the signed checkpoint that covers them.")


class ExportView(BaseModel):
    """An export and how far it is."""

    model_config = ConfigDict(frozen=True)

    export_id: UUID
    state: ExportState
    size: int = Field(description="Size of the log that it shows, in events.")
    events_written: int
    bytes: int | None = Field(description="Length of the zip file, once it is ready.")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the file is removed.")
    content: str | None = Field(description="Where to fetch it, once it is ready.")

    @classmethod
    def of(cls, export: Export) -> Self:
        """Return what is shown of an export."""
        is_ready = export.state is ExportState.READY
        return cls(
            export_id=export.export_id,
            state=export.state,
            size=export.size,
            events_written=export.events_written,
            bytes=export.bytes,
            created_at=export.created_at,
            finished_at=export.finished_at,
            expires_at=export.expires_at,
            content=f"/v1/exports/{export.export_id}/content" if is_ready else None,
        )


class ExportOrdered(BaseModel):
    """An export that was asked for; its progress is at `location`."""

    model_config = ConfigDict(frozen=True)

    export_id: UUID
    location: str


def _members(event: LoggedEvent) -> dict[str, Any]:
    return {
        "position": event.position,
        "event_id": event.event_id,
        "type": event.type,
        "topic": event.topic,
        "source": event.source,
        "subject": event.subject,
        "sequence": event.sequence,
        "time": event.time,
        "correlation_id": event.correlation,
        "actor": event.actor,
        "client": event.client,
        "action": event.action,
        "outcome": event.outcome,
        "purpose": event.purpose,
        "person": event.person,
        "ukprn": event.ukprn,
    }
