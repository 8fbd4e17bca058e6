"""From an envelope to a row of the log: attributes to search by, and the canonical bytes.

The canonical form is the CloudEvents JSON format with our extensions, so foreign tools read it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from event_log.domain.canonical import NotCanonicalError, canonical_bytes, check_canonical
from matricula_chassis.errors import Invalid
from matricula_chassis.messaging.envelope import Envelope

Row = tuple[Any, ...]
COLUMNS: Final = (
    "received_at", "event_id", "type", "topic", "source", "subject", "sequence", "time",
    "correlation", "actor", "client", "action", "outcome", "purpose", "person", "ukprn",
    "canonical",
)  # fmt: skip
_LARGEST_UKPRN: Final = 2**31 - 1


def row_of(envelope: Envelope, *, now: datetime) -> Row:
    """Return the arrival of an event; Invalid("validation-failed") when it has no single form.

    What is searched by is taken from the audit block where it has the right type; the canonical
    bytes hold all of it in any case.
    """
    audit = _object(envelope.data.get("audit"))
    actor = _object(audit.get("actor"))
    person = _text(audit.get("subject_id"))
    return (
        now,
        envelope.id,
        envelope.type,
        envelope.topic,
        envelope.source,
        envelope.subject,
        envelope.sequence,
        envelope.time,
        envelope.correlation_id,
        _text(actor.get("subject")),
        _text(actor.get("client_id")),
        _text(audit.get("action")),
        _text(audit.get("outcome")),
        _text(audit.get("purpose")),
        None if person == envelope.subject else person,
        _ukprn(audit.get("ukprn") or actor.get("ukprn")),
        leaf_of(envelope),
    )


def leaf_of(envelope: Envelope) -> bytes:
    """Return the canonical bytes of an event: a line of an export, the leaf of the tree."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z",
        "datacontenttype": "application/json",
        "topic": envelope.topic,
        "sequence": envelope.sequence,
        "correlationid": envelope.correlation_id,
        "data": envelope.data,
    }
    if envelope.causation_id is not None:
        event["causationid"] = envelope.causation_id
    if envelope.traceparent is not None:
        event["traceparent"] = envelope.traceparent
    try:
        return quick_canonical_bytes(event)
    except NotCanonicalError as error:
        raise Invalid("validation-failed", reason=error.reason) from None


def quick_canonical_bytes(event: dict[str, Any]) -> bytes:
    """Return what `canonical_bytes` returns, ten times faster for the usual ASCII event."""
    check_canonical(event)
    try:
        text = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise NotCanonicalError("text is not valid Unicode") from None
    # Code points and UTF-16 units sort alike as long as there is nothing beyond ASCII.
    return text if text.isascii() else canonical_bytes(event)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and "\x00" not in value else None


def _ukprn(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= _LARGEST_UKPRN else None
