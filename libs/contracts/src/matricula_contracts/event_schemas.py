"""JSON Schemas and examples of the event values as they travel: the data and its audit block.

Derived from the event classes; used for the committed contracts and by tests of what is published.
"""

from collections.abc import Mapping
from typing import Any, Final

from matricula_contracts.events import EVENTS, Audit

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID_PREFIX: Final = "urn:matricula:event-schema:"


def schema_of(event_type: str) -> dict[str, Any]:
    """Return the JSON Schema of the record value of one event type.

    It is what producers promise; consumers ignore properties they do not know.
    """
    schema = EVENTS[event_type].model_json_schema()
    audit = Audit.model_json_schema()
    definitions = {**schema.pop("$defs", {}), **audit.pop("$defs", {}), "Audit": audit}
    body: dict[str, Any] = _untitled(schema)
    body["properties"]["audit"] = {"$ref": "#/$defs/Audit"}
    body["required"] = [*body.get("required", ()), "audit"]
    return {
        "$schema": DIALECT,
        "$id": ID_PREFIX + event_type,
        "title": event_type,
        **body,
        "$defs": _untitled(definitions),
    }


def example_of(event_type: str) -> dict[str, Any]:
    """Return a record value of one event type, with a plausible audit block."""
    event = EVENTS[event_type]
    _, resource, fact, _ = event_type.split(".")
    value = event(**event.EXAMPLE).data()
    audit = Audit.model_validate(
        {
            "actor": {
                "subject": "desk-01",
                "client_id": "coordinator-desk",
                "roles": ["training_coordinator"],
                "ukprn": 10000001,
            },
            "action": f"{resource}:{fact}",
            "resource_type": resource,
            "resource_id": str(next(iter(event.EXAMPLE.values()))),
            "ukprn": 10000001,
        }
    )
    return {**value, "audit": audit.model_dump(mode="json", exclude_defaults=True)}


def _untitled(node: Any) -> Any:
    """Drop the titles that pydantic makes up from names: they say nothing twice."""
    if isinstance(node, Mapping):
        return {
            key: _untitled(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_untitled(value) for value in node]
    return node
