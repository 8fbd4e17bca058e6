"""Event classes: strict when publishing, tolerant when reading."""

import pytest
from pydantic import ValidationError

from matricula_contracts.events import EVENTS, Event, LearnerRecorded, SubmissionChecked
from matricula_contracts.topics import EVENT_TYPES, topics_consumed_by, topics_produced_by

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)


@every_event
def test_an_unknown_field_is_refused_when_publishing(event: type[Event]) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        event(**{**event.EXAMPLE, "extra_field": 1})


@every_event
def test_unknown_fields_and_the_audit_block_are_ignored_when_reading(event: type[Event]) -> None:
    published = event(**event.EXAMPLE)
    received = {**published.data(), "audit": {"action": "x:y"}, "added_later": {"a": 1}}
    assert event.read(received) == published


@every_event
def test_fields_without_a_value_do_not_travel(event: type[Event]) -> None:
    assert None not in event(**event.EXAMPLE).data().values()


@every_event
def test_an_event_cannot_be_changed_after_it_was_made(event: type[Event]) -> None:
    made = event(**event.EXAMPLE)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(made, next(iter(event.EXAMPLE)), "other")


@pytest.mark.parametrize("text", ["Testcase Alpha", "AB1 2CD", "2001-02-03 born", ""])
def test_a_code_cannot_hold_prose(text: str) -> None:
    with pytest.raises(ValidationError):
        LearnerRecorded(**{**LearnerRecorded.EXAMPLE, "origin": text})
    with pytest.raises(ValidationError):
        SubmissionChecked(**{**SubmissionChecked.EXAMPLE, "data_set": text})


def test_every_event_type_of_the_registry_has_a_class_on_its_topic() -> None:
    assert EVENTS.keys() == EVENT_TYPES.keys()
    assert all(EVENT_TYPES[name].topic == event.TOPIC for name, event in EVENTS.items())


def test_the_event_log_consumes_everything_but_its_own_checkpoints() -> None:
    consumed = {name for name, item in EVENT_TYPES.items() if "event-log" in item.consumers}
    assert EVENT_TYPES.keys() - consumed == {"audit.checkpoint.signed.v1"}
    assert "audit.checkpoint" not in topics_consumed_by("event-log")
    assert "audit.checkpoint" in topics_produced_by("event-log")
