"""The event envelope: CloudEvents 1.0 in the Kafka protocol binding's binary content mode.

Pure values and their wire form. It knows no broker and no database, and it never makes up an id:
an event keeps its id for life, also in dead letters and replays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol, Self
from uuid import UUID

import orjson

from matricula_chassis.audit import ActionContext, AuditFacts, audit_block

Headers = list[tuple[str, bytes]]

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
DATA_SCHEMA_PREFIX: Final = "urn:matricula:event-schema:"
_SEQUENCE_LIMIT: Final = 1 << 63
_SEQUENCE_DIGITS: Final = 10  # the sequence extension orders lexicographically


class UndecodableEvent(ValueError):  # noqa: N818 - named as the fact it states
    """A record is not an event. `reason` is a code; the offending bytes are never in the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ContractEvent(Protocol):
    """An event as the contract declares it: its type, its topic and what it says."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    def data(self) -> Mapping[str, Any]:
        """Return the JSON object to publish."""
        ...


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A fact that a use case has established; the unit of work turns it into an envelope.

    `subject` is the id of the aggregate whose row this transaction locked or version-checked, and
    the key of the record. `sequence` is that aggregate's version. `data` holds identifiers, codes,
    dates and versions only, never personal data.
    """

    type: str
    topic: str
    subject: str
    sequence: int
    data: Mapping[str, Any]
    audit: AuditFacts


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as it travels. `data` is the whole JSON value, with its `audit` block."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    topic: str
    data: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        draft: EventDraft,
        context: ActionContext,
        *,
        event_id: UUID,
        source: str,
        time: datetime,
    ) -> Self:
        """Return the envelope of a draft, with the audit block of this context in its data."""
        return cls(
            id=event_id,
            source=source,
            type=draft.type,
            subject=draft.subject,
            time=time,
            sequence=draft.sequence,
            correlation_id=context.correlation_id,
            causation_id=context.causation_id,
            traceparent=context.traceparent,
            topic=draft.topic,
            data={**draft.data, "audit": audit_block(draft.audit, context.actor)},
        )

    @property
    def key(self) -> bytes:
        """Return the record's key: the subject, so that one aggregate keeps its order."""
        return self.subject.encode()

    def attributes(self) -> dict[str, str]:
        """Return the headers of the record as text; absent attributes are left out."""
        found = {
            "ce_specversion": SPEC_VERSION,
            "ce_id": str(self.id),
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_subject": self.subject,
            "ce_time": _rfc3339(self.time),
            "ce_dataschema": DATA_SCHEMA_PREFIX + self.type,
            "content-type": CONTENT_TYPE,
            "ce_partitionkey": self.subject,
            "ce_sequence": str(self.sequence).zfill(_SEQUENCE_DIGITS),
            "ce_correlationid": self.correlation_id,
        }
        if self.causation_id is not None:
            found["ce_causationid"] = self.causation_id
        if self.traceparent is not None:
            found["ce_traceparent"] = self.traceparent
        return found

    def to_headers(self) -> Headers:
        """Return the headers of the Kafka record."""
        return [(name, text.encode()) for name, text in self.attributes().items()]

    def value(self) -> bytes:
        """Return the value of the Kafka record: the data as JSON in UTF-8."""
        return orjson.dumps(self.data)

    @classmethod
    def from_record(
        cls, topic: str, headers: Iterable[tuple[str, bytes | None]], value: bytes | None
    ) -> Self:
        """Return the event of a record; unknown headers are ignored.

        Raises UndecodableEvent with a reason when it is not one of ours.
        """
        found = {name: text for name, text in headers if text is not None}
        if found.get("ce_specversion") != b"1.0":
            raise UndecodableEvent("not-a-cloudevent")
        try:
            return cls(
                id=UUID(found["ce_id"].decode()),
                source=found["ce_source"].decode(),
                type=found["ce_type"].decode(),
                subject=found["ce_subject"].decode(),
                time=_instant(found["ce_time"].decode()),
                sequence=_sequence(found["ce_sequence"]),
                correlation_id=found["ce_correlationid"].decode(),
                causation_id=_optional(found.get("ce_causationid")),
                traceparent=_optional(found.get("ce_traceparent")),
                topic=topic,
                data=_json_object(value),
            )
        except KeyError as error:
            raise UndecodableEvent("missing-attribute") from error
        except UndecodableEvent:
            raise
        except (ValueError, OverflowError) as error:
            raise UndecodableEvent("malformed-attribute") from error


def event_id_of(headers: Iterable[tuple[str, bytes | None]]) -> UUID | None:
    """Return the `ce_id` of a record when it is a UUID, else None."""
    for name, value in headers:
        if name == "ce_id" and value is not None:
            try:
                return UUID(value.decode())
            except ValueError:
                return None
    return None


def _json_object(value: bytes | None) -> Mapping[str, Any]:
    if value is None:
        raise UndecodableEvent("no-value")
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise UndecodableEvent("malformed-json") from error
    if not isinstance(data, dict):
        raise UndecodableEvent("not-an-object")
    return data


def _sequence(digits: bytes) -> int:
    number = int(digits)
    if not 0 <= number < _SEQUENCE_LIMIT:
        raise UndecodableEvent("malformed-attribute")
    return number


def _optional(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise UndecodableEvent("malformed-attribute")
    return instant.astimezone(UTC)
