"""Reads live learners from learner-api, over HTTP with this service's own token.

An answer that cannot be had is Unavailable: a learner whom nobody looked at has not passed.
"""

from typing import Final
from uuid import UUID

import httpx

from ilr_validator.application.learner_ports import LearnerRecord
from matricula_chassis.auth import ServiceTokenSource
from matricula_chassis.errors import Unavailable

AUDIENCE: Final = "learner-api"
_OK: Final = 200
_NOT_FOUND: Final = 404


class LearnerApiClient:
    """Calls `GET /v1/learner-records/{learner_id}`; `client` carries base address and time-outs."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokenSource) -> None:
        self._client = client
        self._tokens = tokens

    async def read(
        self, learner_id: UUID, *, ukprn: int, correlation_id: str
    ) -> LearnerRecord | None:
        """Return a learner; None where there is none, or its person's key was destroyed."""
        headers = {
            "Authorization": f"Bearer {await self._tokens.token(AUDIENCE)}",
            "X-Correlation-ID": correlation_id,
        }
        try:
            response = await self._client.get(
                f"/v1/learner-records/{learner_id}", params={"ukprn": ukprn}, headers=headers
            )
        except httpx.HTTPError as error:
            raise Unavailable("unavailable", fault=type(error).__name__) from None
        if response.status_code == _NOT_FOUND:
            return None
        if response.status_code != _OK:
            raise Unavailable("unavailable", status=response.status_code)
        found = response.json()
        if not found["is_readable"]:
            return None
        return LearnerRecord(learner_id, found["ukprn"], found["version"], found["record"])
