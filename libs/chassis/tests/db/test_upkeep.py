"""What has served its time goes; what has not stays."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from matricula_chassis.clock import FixedClock
from matricula_chassis.db.uow import Database, IdempotencyKey, StoredOutcome
from matricula_chassis.db.upkeep import delete_resolved_dead_letters, expire_idempotency_keys
from matricula_testkit.sample_service.fixtures import WorkFactory

pytestmark = pytest.mark.postgres


async def test_old_idempotency_keys_expire_and_may_be_claimed_again(
    work: WorkFactory, database: Database
) -> None:
    keys = [IdempotencyKey("client-1", f"key-{number:08}", b"hash") for number in range(7)]
    for key in keys:
        async with work() as uow:
            assert await uow.replay_or_claim(key) is None
            await uow.store_outcome(StoredOutcome(204))
    young = FixedClock(datetime.now(UTC) + timedelta(hours=23))
    assert await expire_idempotency_keys(database, clock=young, batch=3) == 0
    old = FixedClock(datetime.now(UTC) + timedelta(hours=25))
    assert await expire_idempotency_keys(database, clock=old, batch=3) == 7
    async with work() as uow:
        assert await uow.replay_or_claim(keys[0]) is None
        await uow.store_outcome(StoredOutcome(204))


async def test_only_resolved_dead_letters_are_deleted(database: Database) -> None:
    insert = text(
        "INSERT INTO dead_letter (consumer, event_id, topic, header_names, header_values, reason,"
        " created_at, resolved_at, resolution) SELECT 'c', gen_random_uuid(), 't', '{}', '{}',"
        " 'schema', now(), CASE WHEN n <= 3 THEN now() END, CASE WHEN n <= 3 THEN 'replayed' END"
        " FROM generate_series(1, 5) AS n"
    )
    async with database.engine.begin() as connection:
        await connection.execute(insert)
    clock = FixedClock(datetime.now(UTC) + timedelta(days=40))
    kept = timedelta(days=30)
    assert await delete_resolved_dead_letters(database, clock=clock, older_than=kept, batch=2) == 3
    async with database.engine.connect() as connection:
        left = await connection.execute(text("SELECT count(*) FROM dead_letter"))
        assert left.scalar_one() == 2
