"""Asks the event log which events it has sealed, so that the outbox may forget them."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import httpx

from matricula_chassis.auth import ServiceTokenSource
from matricula_chassis.errors import Unavailable

AUDIENCE: Final = "event-log"
_OK: Final = 200


class EventLogClient:
    """Calls `POST /v1/sealed`; `client` carries base address and time-outs."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokenSource) -> None:
        self._client = client
        self._tokens = tokens

    async def sealed(self, event_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return which of these events are sealed; raises Unavailable when it cannot be asked."""
        headers = {"Authorization": f"Bearer {await self._tokens.token(AUDIENCE)}"}
        question = {"event_ids": [str(one) for one in event_ids]}
        try:
            response = await self._client.post("/v1/sealed", json=question, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("unavailable", fault=type(error).__name__) from None
        if response.status_code != _OK:
            raise Unavailable("unavailable", status=response.status_code)
        return [UUID(one) for one in response.json()["sealed"]]
