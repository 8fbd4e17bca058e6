"""AsyncAPI 3.0 of one service: the topics it publishes to and consumes from, with their events.

Derived from topics.yaml and the event classes; every reference stays inside the document.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from matricula_contracts.event_schemas import example_of, schema_of
from matricula_contracts.topics import EVENT_TYPES, TOPICS, EventType

_BINDING: Final = "0.5.0"
_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
_HEADERS: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "UUIDv7, for life"},
        "ce_source": _TEXT,
        "ce_type": _TEXT,
        "ce_subject": {"type": "string", "description": "the aggregate's id, also the key"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_sequence": {"type": "string", "description": "the aggregate's version"},
        "ce_correlationid": _TEXT,
        "ce_causationid": _TEXT,
        "ce_traceparent": _TEXT,
        "content-type": {"const": "application/json"},
    },
}


def document(service: str, *, version: str = "1") -> dict[str, Any]:
    """Return the document of a service, named as in topics.yaml (`learner-api`)."""
    sent = [item for item in EVENT_TYPES.values() if service in item.producers]
    received = [item for item in EVENT_TYPES.values() if service in item.consumers]
    used = {item.type: item for item in (*sent, *received)}
    topics = sorted({item.topic for item in used.values()})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{service} events",
            "version": version,
            "description": "Facts in the past tense, without personal data.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, used.values()) for topic in topics},
        "operations": {
            **{f"send.{topic}": found for topic, found in _operations("send", sent)},
            **{f"receive.{topic}": found for topic, found in _operations("receive", received)},
        },
        "components": {"messages": {name: _message(item) for name, item in sorted(used.items())}},
    }


def _channel(topic: str, used: Iterable[EventType]) -> dict[str, Any]:
    entry = TOPICS[topic]
    return {
        "address": topic,
        "description": entry.description,
        "messages": {
            item.type: {"$ref": f"#/components/messages/{item.type}"}
            for item in used
            if item.topic == topic
        },
        "bindings": {
            "kafka": {
                "partitions": entry.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [entry.cleanup],
                    "retention.ms": entry.retention_ms,
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations(action: str, events: list[EventType]) -> Iterable[tuple[str, dict[str, Any]]]:
    for topic in sorted({item.topic for item in events}):
        yield (
            topic,
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "messages": [
                    {"$ref": f"#/channels/{topic}/messages/{item.type}"}
                    for item in events
                    if item.topic == topic
                ],
            },
        )


def _message(event: EventType) -> dict[str, Any]:
    schema = schema_of(event.type)
    definitions = schema.pop("$defs")
    return {
        "name": event.type,
        "title": event.description,
        "contentType": "application/json",
        "headers": _HEADERS,
        "payload": _inlined(
            {key: value for key, value in schema.items() if not key.startswith("$")}, definitions
        ),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": _BINDING}},
        "examples": [{"name": "value", "payload": example_of(event.type)}],
    }


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Put definitions in the place of references, which would point outside the payload."""
    if isinstance(node, Mapping):
        if "$ref" in node:
            return _inlined(definitions[node["$ref"].rpartition("/")[2]], definitions)
        return {key: _inlined(value, definitions) for key, value in node.items()}
    if isinstance(node, list):
        return [_inlined(value, definitions) for value in node]
    return node
