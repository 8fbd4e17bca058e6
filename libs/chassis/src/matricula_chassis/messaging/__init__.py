"""Events between services: envelope, relay, consumer, dead letters, replay.

The names below load on first use, so that a module which needs only the envelope (the unit of
work, a use case) does not load the Kafka client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matricula_chassis.db.crash_points import CRASH_POINTS, crash_point

_HOMES = {
    "CRASH_POINTS": "matricula_chassis.db.crash_points",
    "crash_point": "matricula_chassis.db.crash_points",
}

__all__ = ["CRASH_POINTS", "crash_point"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(_HOMES[name]), name)
