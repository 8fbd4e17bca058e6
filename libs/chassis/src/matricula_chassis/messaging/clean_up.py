"""What a service's clean-up deletes: sealed events, old keys of requests, what consumers kept.

The event log is asked what it has sealed; nothing leaves the outbox before.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx

from matricula_chassis.auth.service_tokens import ServiceTokenSource, service_token_source
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import open_database
from matricula_chassis.db.upkeep import delete_resolved_dead_letters, expire_idempotency_keys
from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging.inbox import clean_up_inbox
from matricula_chassis.messaging.outbox_upkeep import clean_up_outbox
from matricula_chassis.settings import ServiceSettings

EVENT_LOG: Final = "event-log"
DEAD_LETTERS_FOR: Final = timedelta(days=90)
INBOX_FOR: Final = timedelta(days=60)
"""Longer than the retention of the topics (30 days) and the inbox window."""
_OK: Final = 200


class EventLogClient:
    """Calls `POST /v1/sealed`; `client` carries base address and time-outs."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokenSource) -> None:
        self._client = client
        self._tokens = tokens

    async def sealed(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return which of these events are sealed; raises Unavailable when it cannot be asked."""
        headers = {"Authorization": f"Bearer {await self._tokens.token(EVENT_LOG)}"}
        question = {"event_ids": [str(one) for one in event_ids]}
        try:
            response = await self._client.post("/v1/sealed", json=question, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("unavailable", fault=type(error).__name__) from None
        if response.status_code != _OK:
            raise Unavailable("unavailable", status=response.status_code)
        return [UUID(one) for one in response.json()["sealed"]]


async def clean_up_tables(
    settings: ServiceSettings,
    *,
    service: str,
    event_log_url: str,
    clock: Clock,
    consumers: Collection[str] = (),
) -> None:
    """Delete from the chassis tables what has served its time, as relay and as service.

    `consumers` are the names of the service's consumers; raises BadConfiguration.
    """
    relay_url = settings.required("database_relay_url")
    async with (
        service_token_source(settings, clock=clock) as tokens,
        httpx.AsyncClient(base_url=event_log_url, timeout=httpx.Timeout(10.0)) as client,
    ):
        await clean_up_outbox(relay_url, EventLogClient(client, tokens).sealed, clock=clock)
    async with open_database(settings.database_url, name=f"{service}-clean-up") as database:
        await expire_idempotency_keys(database, clock=clock)
        if consumers:
            await delete_resolved_dead_letters(database, clock=clock, older_than=DEAD_LETTERS_FOR)
        for name in consumers:
            await clean_up_inbox(database, name, clock=clock, older_than=INBOX_FOR)
