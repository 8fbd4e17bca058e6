"""Asks consent-registry whether a partner may send a provider its data, over HTTP.

An answer that cannot be had is Unavailable, never a yes and never a no.
"""

from datetime import datetime
from typing import Any, Final

import httpx

from learner_api.application.ports import Refusal
from learner_api.domain.staged import Coverage
from learner_api.domain.submission import DATA_SET, PURPOSE
from matricula_chassis.auth import ServiceTokenSource
from matricula_chassis.errors import Unavailable

AUDIENCE: Final = "consent-registry"
_OK: Final = 200


class ConsentRegistryClient:
    """Calls `POST /v1/decisions`; `client` carries base address and time-outs."""

    def __init__(self, client: httpx.AsyncClient, tokens: ServiceTokenSource) -> None:
        self._client = client
        self._tokens = tokens

    async def coverage(
        self, *, partner: str, ukprn: int, at: datetime, correlation_id: str
    ) -> Coverage | Refusal:
        """Return the classes that are agreed and based at that time, or the refusal."""
        question = {
            "partner_id": partner,
            "ukprn": ukprn,
            "data_set": DATA_SET,
            "purpose": PURPOSE,
            "at": at.isoformat(),
        }
        token = await self._tokens.token(AUDIENCE)
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-ID": correlation_id}
        try:
            response = await self._client.post("/v1/decisions", json=question, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable("consent-registry-unavailable", fault=type(error).__name__) from None
        if response.status_code != _OK:
            raise Unavailable("consent-registry-unavailable", status=response.status_code)
        return _answer(response.json())


def _answer(answer: dict[str, Any]) -> Coverage | Refusal:
    if not answer["allowed"]:
        return Refusal(answer["problem"])
    agreement = answer["agreement"]
    return Coverage(
        agreement_id=agreement["agreement_id"],
        agreement_version=agreement["version"],
        agreed=frozenset(agreement["data_classes"]),
        based=frozenset(basis["data_class"] for basis in answer["lawful_bases"]),
    )
