"""Raw asyncpg only where its speed was measured to matter; everything else uses SQLAlchemy.

Incident: asyncpg returns rows six times faster on bulk work, and the commit of a use case costs
more than either. Two ways to the same table beside each other cost clarity and gain nothing, so
each place that goes past SQLAlchemy stands here with its reason.
"""

from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_LISTED: Final = {
    "matricula_chassis.db.engine": "opens the connections of the pool",
    "matricula_chassis.db.faults": "tells passing faults from lasting ones",
    "matricula_chassis.db.uow": "hands out the raw connection of its transaction for COPY",
    "matricula_chassis.db.outbox": "writes the outbox last, by COPY when there are many rows",
    "matricula_chassis.messaging.applier": "consumer: applies a batch per partition",
    "matricula_chassis.messaging.buckets": "relay: advisory locks on a direct connection",
    "matricula_chassis.messaging.connections": "relay and consumer: direct connections",
    "matricula_chassis.messaging.dead_letter": "consumer: in the transaction of the inbox mark",
    "matricula_chassis.messaging.inbox": "consumer: claims a batch of ids in one statement",
    "matricula_chassis.messaging.relay": "relay",
    "matricula_chassis.messaging.replay": "replay of dead letters through the inbox",
    "event_log.adapters.postgres.sealing": "sealer: one connection that holds the lock",
    "event_log.adapters.postgres.sealer": "sealer: the faults of that connection",
    "learner_api.adapters.postgres.learner_store": "the fault of a COPY",
}
_DEVELOPMENT: Final = frozenset({"matricula_localstack", "matricula_testkit"})


def check(source: Source) -> Iterator[Finding]:
    """Look at the platform's packages; tests and local stack see databases as they are."""
    if not source.package or source.package in _DEVELOPMENT or source.module in _LISTED:
        return
    for node, name in source.imports():
        if name.split(".")[0] == "asyncpg":
            yield Finding(getattr(node, "lineno", 1), "use SQLAlchemy, or list the place with why")


RULE: Final = Rule(
    name="raw-asyncpg-where-listed",
    check=check,
    good=(
        Example("libs/chassis/src/matricula_chassis/messaging/relay.py", "import asyncpg\n"),
        Example("services/event-log/tests/adapters/test_sealing.py", "import asyncpg\n"),
    ),
    bad=(
        Example("services/event-log/src/event_log/adapters/postgres/events.py", "import asyncpg\n"),
        Example(
            "services/learner-api/src/learner_api/bootstrap.py",
            "from asyncpg import Connection\n",
        ),
    ),
)
