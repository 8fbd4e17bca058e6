"""What takes long is done before a transaction is open, and its failures are the handler's."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.messaging.applier import EventApplier, Subscription
from matricula_chassis.messaging.envelope import Envelope
from matricula_testkit.messaging import an_envelope, record_of
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.fixtures import WorkFactory

pytestmark = pytest.mark.postgres


async def test_work_ahead_sees_a_batch_while_no_transaction_is_open(
    database: Database, work: WorkFactory
) -> None:
    seen: list[list[str]] = []
    idle: list[int] = []

    async def ahead(envelopes: Sequence[Envelope]) -> None:
        seen.append([one.subject for one in envelopes])
        async with database.engine.connect() as connection:
            idle.append(
                (
                    await connection.execute(
                        text(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                            " current_database() AND state LIKE 'idle in transaction%'"
                        )
                    )
                ).scalar_one()
            )

    async def handle(uow: Any, envelope: Envelope) -> None:
        assert envelope.subject in seen[-1]
        await uow.note_effect("ahead", envelope)

    subscription = Subscription("ahead", work, {sample.CHANGED: handle}, work_ahead=ahead)
    applier = EventApplier(subscription, clock=SystemClock())
    batch = [record_of(an_envelope(subject), place) for place, subject in enumerate("ab")]
    assert (await applier.apply(batch)).applied == 2
    assert (await applier.apply(batch)).duplicates == 2
    assert seen == [["a", "b"], ["a", "b"]], "a batch that comes again is seen again"
    assert idle == [0, 0]
    assert len(await sample.effects_of(database, "ahead")) == 2
