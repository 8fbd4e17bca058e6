"""The envelope on the wire: as the CloudEvents SDK reads it, and safe against any bytes."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.audit import ActionContext, Actor, AuditFacts
from matricula_chassis.messaging.envelope import Envelope, EventDraft, UndecodableEvent
from matricula_testkit.messaging import an_envelope

TIME = datetime(2025, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
CONTEXT = ActionContext(
    Actor("person-1", "client-1", roles=("mis",)),
    "01937f5e-0000-7000-8000-000000000001",
    causation_id="01937f5e-0000-7000-8000-000000000002",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
DRAFT = EventDraft(
    type="learning.learner.recorded.v1",
    topic="learning.learner",
    subject="learner-7",
    sequence=12,
    data={"learner_id": "learner-7", "version": 12},
    audit=AuditFacts("learner:recorded", "learner", "learner-7", ukprn=10000001),
)
ENVELOPE = Envelope.of(
    DRAFT,
    CONTEXT,
    event_id=UUID("01937f5e-0000-7000-8000-00000000000a"),
    source="/services/learner-api",
    time=TIME,
)


def through_wire(envelope: Envelope) -> Envelope:
    return Envelope.from_record(envelope.topic, envelope.to_headers(), envelope.value())


def test_an_envelope_survives_the_wire_unchanged() -> None:
    again = through_wire(ENVELOPE)
    assert again.data == json.loads(ENVELOPE.value())
    for name in ENVELOPE.__slots__:
        if name != "data":
            assert getattr(again, name) == getattr(ENVELOPE, name)


def test_the_cloudevents_sdk_reads_what_we_write() -> None:
    message = KafkaMessage(dict(ENVELOPE.to_headers()), ENVELOPE.key, ENVELOPE.value())
    event = from_binary_event(message)
    assert isinstance(event, CloudEvent)
    assert event.get_id() == str(ENVELOPE.id)
    assert event.get_source() == "/services/learner-api"
    assert event.get_type() == "learning.learner.recorded.v1"
    assert event.get_specversion() == "1.0"
    assert event.get_subject() == "learner-7"
    assert event.get_time() == TIME
    assert event.get_datacontenttype() == "application/json"
    assert event.get_dataschema() == "urn:matricula:event-schema:learning.learner.recorded.v1"
    assert event.get_extension("partitionkey") == "learner-7"
    assert int(event.get_extension("sequence")) == 12
    assert event.get_extension("correlationid") == CONTEXT.correlation_id
    assert event.get_extension("causationid") == CONTEXT.causation_id
    assert event.get_extension("traceparent") == CONTEXT.traceparent
    assert event.get_data() == {
        "learner_id": "learner-7",
        "version": 12,
        "audit": {
            "actor": {"subject": "person-1", "client_id": "client-1", "roles": ["mis"]},
            "action": "learner:recorded",
            "resource_type": "learner",
            "resource_id": "learner-7",
            "outcome": "done",
            "ukprn": 10000001,
        },
    }


def test_we_read_what_the_cloudevents_sdk_writes() -> None:
    source = KafkaMessage(dict(ENVELOPE.to_headers()), ENVELOPE.key, ENVELOPE.value())
    message = to_binary_event(from_binary_event(source))
    read = Envelope.from_record("learning.learner", message.headers.items(), message.value)
    assert (read.id, read.type, read.sequence, read.time) == (
        ENVELOPE.id,
        ENVELOPE.type,
        ENVELOPE.sequence,
        ENVELOPE.time,
    )


def test_sequences_order_as_text_as_the_extension_asks() -> None:
    written = [
        dict(an_envelope(sequence=number).to_headers())["ce_sequence"]
        for number in (1, 2, 10, 99, 100, 4_000_000_000)
    ]
    assert written == sorted(written)


def test_unknown_headers_and_members_are_ignored() -> None:
    headers = [*ENVELOPE.to_headers(), ("ce_novelty", b"1"), ("other", b"\xff")]
    value = json.dumps({**json.loads(ENVELOPE.value()), "novelty": 1}).encode()
    assert Envelope.from_record(ENVELOPE.topic, headers, value).id == ENVELOPE.id


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ce_specversion", b"0.3", "not-a-cloudevent"),
        ("ce_specversion", None, "not-a-cloudevent"),
        ("ce_id", b"7", "malformed-attribute"),
        ("ce_id", None, "missing-attribute"),
        ("ce_type", b"\xff", "malformed-attribute"),
        ("ce_time", b"yesterday", "malformed-attribute"),
        ("ce_time", b"2025-11-22T09:30:00", "malformed-attribute"),
        ("ce_time", b"0001-01-01T00:00:00+14:00", "malformed-attribute"),
        ("ce_sequence", b"-1", "malformed-attribute"),
        ("ce_sequence", b"9223372036854775808", "malformed-attribute"),
        ("ce_sequence", b"one", "malformed-attribute"),
        ("ce_correlationid", None, "missing-attribute"),
    ],
)
def test_a_broken_attribute_is_named_by_a_reason(
    name: str, value: bytes | None, reason: str
) -> None:
    headers = [(n, v) for n, v in ENVELOPE.to_headers() if n != name]
    with pytest.raises(UndecodableEvent) as caught:
        Envelope.from_record("t", [*headers, (name, value)], ENVELOPE.value())
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no-value"),
        (b"", "malformed-json"),
        (b"[1]", "not-an-object"),
        (b'{"name": "caf\xe9"}', "malformed-json"),
        (b"[" * 5000, "malformed-json"),
    ],
)
def test_a_broken_value_is_named_by_a_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(UndecodableEvent) as caught:
        Envelope.from_record("t", ENVELOPE.to_headers(), value)
    assert caught.value.reason == reason


@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in ENVELOPE.to_headers()]),
            st.none() | st.binary(max_size=40),
        ),
        max_size=4,
    ),
    st.none() | st.binary(max_size=60),
)
def test_no_bytes_make_reading_raise_anything_but_undecodable(
    replaced: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    headers = {**dict(ENVELOPE.to_headers()), **dict(replaced)}
    with suppress(UndecodableEvent):
        Envelope.from_record("t", headers.items(), value)
