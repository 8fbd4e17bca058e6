"""Schemas, examples and AsyncAPI of the events, refused when one has room for personal data."""

from typing import Any

from tools.contracts import privacy
from tools.contracts.sources import SourceError

from matricula_contracts import fields, topics
from matricula_contracts.asyncapi import document
from matricula_contracts.event_schemas import example_of, schema_of
from matricula_contracts.events import EVENTS


def documents() -> dict[str, Any]:
    """Return every document by its path below contracts/; SourceError lists what is wrong."""
    faults = [f"{name}: has no event class" for name in topics.EVENT_TYPES.keys() - EVENTS.keys()]
    faults += [f"{name}: not in topics.yaml" for name in EVENTS.keys() - topics.EVENT_TYPES.keys()]
    schemas = {}
    for name, event in sorted(EVENTS.items()):
        if name in topics.EVENT_TYPES and topics.EVENT_TYPES[name].topic != event.TOPIC:
            faults.append(f"{name}: class and topics.yaml name different topics")
        schemas[name] = schema_of(name)
        found = privacy.faults(
            schemas[name], person_names=fields.person_names(), homonyms=topics.HOMONYMS
        )
        faults += [f"{name}{fault}" for fault in found]
    if faults:
        raise SourceError("topics.yaml", sorted(faults))
    services = sorted(
        {
            name
            for item in topics.EVENT_TYPES.values()
            for name in (*item.producers, *item.consumers)
        }
    )
    return {
        **{f"events/{name}.json": schema for name, schema in schemas.items()},
        **{f"examples/{name}.json": example_of(name) for name in schemas},
        **{f"asyncapi/{name}.json": document(name) for name in services},
    }
