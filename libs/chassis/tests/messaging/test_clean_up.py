"""The clean-up of a service: it asks the event log, and deletes what has served its time."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from matricula_chassis.clock import FixedClock
from matricula_chassis.db.uow import Database, IdempotencyKey, StoredOutcome
from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging import clean_up
from matricula_chassis.messaging.clean_up import EventLogClient, clean_up_tables
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.sample_service.fixtures import WorkFactory
from matricula_testkit.sample_service.settings import sample_settings

EVENT = UUID("01976b2e-7c00-7000-8000-000000000001")
OTHER = UUID("01976b2e-7c00-7000-8000-000000000002")
LATER = FixedClock(datetime.now(UTC) + timedelta(days=91))
OLD_ROWS = """
WITH letters AS (
    INSERT INTO dead_letter (consumer, event_id, topic, header_names, header_values, reason,
                             created_at, resolved_at, resolution)
    SELECT 'one', gen_random_uuid(), 't', '{}', '{}', 'schema', now(), now(), 'replayed'
    FROM generate_series(1, 3)
)
INSERT INTO inbox (consumer, event_id, received_at)
SELECT consumer, CAST(id AS uuid), now()
FROM unnest(ARRAY['one', 'two', 'gone']) AS consumer,
     unnest(ARRAY['01976b2e-7c00-7000-8000-000000000001']) AS id
"""
Answer = Callable[[httpx.Request], httpx.Response]


class Tokens:
    async def token(self, audience: str) -> str:
        return f"token-for-{audience}"


def asking(answer: Answer) -> tuple[httpx.AsyncClient, EventLogClient]:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://log")
    tokens: Any = Tokens()
    return client, EventLogClient(client, tokens)


async def test_the_log_names_the_events_that_it_has_sealed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer token-for-event-log"
        assert json.loads(request.content) == {"event_ids": [str(EVENT), str(OTHER)]}
        return httpx.Response(200, json={"sealed": [str(EVENT)], "size": 7})

    client, log = asking(answer)
    async with client:
        assert await log.sealed([EVENT, OTHER]) == [EVENT]


def silence(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


@pytest.mark.parametrize("answer", [silence, lambda _: httpx.Response(500)])
async def test_a_silent_log_confirms_nothing(answer: Answer) -> None:
    client, log = asking(answer)
    async with client:
        with pytest.raises(Unavailable):
            await log.sealed([EVENT])


async def test_without_the_role_of_the_relay_nothing_is_cleaned_up() -> None:
    settings = sample_settings(client_id="sample", client_secret="s")
    with pytest.raises(BadConfiguration) as caught:
        await clean_up_tables(settings, service="sample", event_log_url="http://log", clock=LATER)
    assert caught.value.faults == (SettingFault("SAMPLE_DATABASE_RELAY_URL", "is missing"),)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("consumers", "letters", "marks"),
    [((), 3, ["gone", "one", "two"]), (("one", "two"), 0, ["gone"])],
)
async def test_sealed_events_old_keys_and_what_consumers_kept_are_deleted(
    *,
    work: WorkFactory,
    database: Database,
    owner: Database,
    urls: DatabaseUrls,
    monkeypatch: pytest.MonkeyPatch,
    consumers: tuple[str, ...],
    letters: int,
    marks: list[str],
) -> None:
    asked: list[str] = []

    async def sealed(_log: EventLogClient, event_ids: list[UUID]) -> list[UUID]:
        asked.extend(str(one) for one in event_ids)
        return event_ids

    monkeypatch.setattr(clean_up.EventLogClient, "sealed", sealed)
    async with work() as uow:
        assert await uow.replay_or_claim(IdempotencyKey("client-1", "key-00001", b"hash")) is None
        await uow.store_outcome(StoredOutcome(204))
        await uow.change("a", topic="sample.aggregate")
    async with owner.engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET published_at = now()"))
        await connection.execute(text(OLD_ROWS))
    settings = sample_settings(
        database_url=urls.app, database_relay_url=urls.relay, client_id="c", client_secret="s"
    )
    await clean_up_tables(
        settings, service="sample", event_log_url="http://log", clock=LATER, consumers=consumers
    )
    assert len(asked) == 1
    async with database.engine.connect() as connection:
        counted = [
            (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608 - constants
            for table in ("idempotency_key", "dead_letter")
        ]
        left = await connection.execute(text("SELECT consumer FROM inbox ORDER BY consumer"))
        assert (counted, list(left.scalars())) == ([0, letters], marks)
    async with owner.engine.connect() as connection:
        rows = await connection.execute(text("SELECT count(*) FROM outbox"))
        assert rows.scalar_one() == 0
