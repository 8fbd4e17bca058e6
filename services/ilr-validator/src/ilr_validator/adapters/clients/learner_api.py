"""Reads live learners from learner-api, over HTTP with this service's own token.

An answer that cannot be had is Unavailable: a learner whom nobody looked at has not passed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import httpx
import orjson

from ilr_validator.application.learner_ports import LearnerRecord
from matricula_chassis.auth import ServiceTokenSource
from matricula_chassis.errors import Unavailable

AUDIENCE: Final = "learner-api"
_OK: Final = 200


class LearnerApiClient:
    """Calls `POST /v1/learner-records`; `client` carries base address and time-outs."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokenSource) -> None:
        self._client = client
        self._tokens = tokens

    async def read(
        self, learner_ids: Sequence[UUID], *, ukprn: int, correlation_id: str
    ) -> Mapping[UUID, LearnerRecord]:
        """Return learners; without those that are not there, or whose key was destroyed."""
        question = {"ukprn": ukprn, "learner_ids": [str(one) for one in learner_ids]}
        headers = {
            "Authorization": f"Bearer {await self._tokens.token(AUDIENCE)}",
            "X-Correlation-ID": correlation_id,
        }
        try:
            response = await self._client.post(
                "/v1/learner-records", json=question, headers=headers
            )
        except httpx.HTTPError as error:
            raise Unavailable("unavailable", fault=type(error).__name__) from None
        if response.status_code != _OK:
            raise Unavailable("unavailable", status=response.status_code)
        found = (_record(one) for one in orjson.loads(response.content)["items"])
        return {one.learner_id: one for one in found if one is not None}


def _record(one: Mapping[str, Any]) -> LearnerRecord | None:
    if not one["is_readable"]:
        return None
    return LearnerRecord(UUID(one["learner_id"]), one["ukprn"], one["version"], one["record"])
