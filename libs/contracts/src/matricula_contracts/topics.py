"""The topics and event types of topics.yaml: who publishes, who consumes, how long. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from matricula_contracts._topics import TOPICS as _LITERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One stream. The record key is the aggregate's id; `retention_ms` is bounded."""

    name: str
    aggregate: str
    partitions: int
    retention_ms: int
    cleanup: Literal["delete", "compact"]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One event type; `reason` says why nobody consumes it, where nobody does."""

    type: str
    topic: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    reason: str | None
    description: str


TOPICS: Final[Mapping[str, Topic]] = MappingProxyType(
    {item["name"]: Topic(**item) for item in _LITERAL["topics"]}
)
EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {item["type"]: EventType(**item) for item in _LITERAL["events"]}
)
HOMONYMS: Final[Mapping[str, str]] = MappingProxyType(_LITERAL["homonyms"])


def topics_consumed_by(service: str) -> tuple[str, ...]:
    """Return the topics with an event type that the service consumes, sorted."""
    return tuple(sorted({item.topic for item in EVENT_TYPES.values() if service in item.consumers}))


def topics_produced_by(service: str) -> tuple[str, ...]:
    """Return the topics with an event type that the service publishes, sorted."""
    return tuple(sorted({item.topic for item in EVENT_TYPES.values() if service in item.producers}))
