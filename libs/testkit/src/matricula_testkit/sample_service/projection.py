"""The sample service's consumer: notes each event's effect once. Also a process to be killed.

Run as `python -m matricula_testkit.sample_service.projection URL BOOTSTRAP TOPIC GROUP`.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping
from typing import Any

from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer, ConsumerSettings, Handler
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.envelope import Envelope
from matricula_testkit.sample_service import service as sample

_QUICK: Mapping[str, Any] = {
    "poll": 0.05,
    "heartbeat": 0.3,
    "session_timeout": 6.0,
    "lag_every": 0.2,
    "backoff": Backoff(0.05, 0.2),
}


def projection(
    database: Database,
    *,
    bootstrap: str,
    topic: str,
    group: str,
    handler: Handler | None = None,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> Consumer:
    """Return a consumer that notes effects under its group's name, with the pace of tests."""
    ids, clock = SystemIds(), SystemClock()

    async def note(uow: sample.SampleWork, envelope: Envelope) -> None:
        await uow.note_effect(group, envelope)

    def work(context: ActionContext) -> sample.SampleWork:
        return sample.work_on(database, clock=clock, ids=ids, context=context)

    return Consumer(
        name=group,
        topics=[topic],
        handlers={sample.CHANGED: handler or note},
        uow_factory=work,
        kafka_bootstrap=bootstrap,
        clock=clock,
        settings=ConsumerSettings(**{**_QUICK, **(settings or {})}),
        **options,
    )


async def _main(url: str, bootstrap: str, topic: str, group: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = Database.from_url(
        url, application_name=group, pool_size=2, lock_timeout=1, idle_in_transaction_timeout=2
    )
    try:
        consumer = projection(
            database, bootstrap=bootstrap, topic=topic, group=group, settings={"max_batch": 20}
        )
        await consumer.run(stop)
    finally:
        await database.dispose()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
