"""Events between services: envelope, relay, consumer, dead letters, replay.

The names below load on first use, so that a module which needs only the envelope (the unit of
work, a use case) does not load the Kafka client, and so that db may use the envelope.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matricula_chassis.db.crash_points import (
        CRASH_POINTS,
        SimulatedCrash,
        armed_crash_point,
        crash_point,
        declare_crash_points,
    )
    from matricula_chassis.messaging.applier import BatchHandler, Handler, Subscription, UowFactory
    from matricula_chassis.messaging.consumer import Consumer, ConsumerSettings, ConsumerStalled
    from matricula_chassis.messaging.envelope import Envelope, EventDraft, UndecodableEvent
    from matricula_chassis.messaging.producer import EventPublisher
    from matricula_chassis.messaging.relay import Relay, RelaySettings
    from matricula_chassis.messaging.replay import Replay, ReplayReport, Selection
    from matricula_chassis.messaging.topics import TopicMismatch, TopicSpec, ensure_topics

__all__ = [
    "CRASH_POINTS",
    "BatchHandler",
    "Consumer",
    "ConsumerSettings",
    "ConsumerStalled",
    "Envelope",
    "EventDraft",
    "EventPublisher",
    "Handler",
    "Relay",
    "RelaySettings",
    "Replay",
    "ReplayReport",
    "Selection",
    "SimulatedCrash",
    "Subscription",
    "TopicMismatch",
    "TopicSpec",
    "UndecodableEvent",
    "UowFactory",
    "armed_crash_point",
    "crash_point",
    "declare_crash_points",
    "ensure_topics",
]

_MODULES = (
    ("matricula_chassis.messaging.envelope", ("Envelope", "EventDraft", "UndecodableEvent")),
    (
        "matricula_chassis.messaging.applier",
        ("BatchHandler", "Handler", "Subscription", "UowFactory"),
    ),
    (
        "matricula_chassis.messaging.consumer",
        ("Consumer", "ConsumerSettings", "ConsumerStalled"),
    ),
    ("matricula_chassis.messaging.producer", ("EventPublisher",)),
    ("matricula_chassis.messaging.relay", ("Relay", "RelaySettings")),
    ("matricula_chassis.messaging.replay", ("Replay", "ReplayReport", "Selection")),
    (
        "matricula_chassis.messaging.topics",
        ("TopicMismatch", "TopicSpec", "ensure_topics"),
    ),
)
_HOMES = {name: module for module, names in _MODULES for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    home = _HOMES.get(name, "matricula_chassis.db.crash_points")
    return getattr(import_module(home), name)
