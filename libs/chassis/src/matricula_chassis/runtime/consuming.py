"""What consumers are run by, and what replays their dead letters: alike in every service."""

from collections.abc import Iterable

import structlog

from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.http.health import HealthRegistry
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.consumer import Consumer
from matricula_chassis.messaging.replay import Replay, Selection
from matricula_chassis.runtime.commands import ReplayOrder
from matricula_chassis.runtime.process import Process
from matricula_chassis.runtime.supervision import EXIT_CLEAN, EXIT_FAILURE

log = structlog.get_logger()


def consumer_process(database: Database, **consumers: Consumer) -> Process:
    """Return the process that runs consumers; each name is that of a worker and of its check."""
    health = HealthRegistry()
    health.register("postgres", database.check)
    for name, consumer in consumers.items():
        health.register(name, consumer.check)
    return Process(health=health, workers={name: one.run for name, one in consumers.items()})


async def replay_dead_letters(
    consumers: Iterable[Consumer], order: ReplayOrder, *, service: str, clock: Clock, ids: IdSource
) -> int:
    """Apply dead letters of these consumers again; return the exit code, 1 when one failed."""
    failed = 0
    for consumer in consumers:
        if order.consumer not in {None, consumer.name}:
            continue
        report = await Replay(consumer.subscription, clock=clock).run(
            Selection(key=order.key, event_id=order.event_id, limit=order.limit),
            context=ActionContext.system(service, str(ids.uuid7())),
            reason="operator_replay",
        )
        log.info(
            "replay.done",
            consumer=consumer.name,
            found=report.found,
            resolved=report.resolved,
            failed=report.failed,
        )
        failed += report.failed
    return EXIT_FAILURE if failed else EXIT_CLEAN
