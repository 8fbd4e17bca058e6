"""Tokens for calls from one service to another: client credentials, kept until they near expiry.

The secret goes to the issuer's token endpoint and nowhere else, in the Authorization header.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from matricula_chassis.auth.metadata import (
    FETCH_SECONDS,
    IssuerUnreachable,
    discover,
    endpoint,
    issuer_client,
)
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Unavailable
from matricula_chassis.settings import ServiceSettings

RENEW_BEFORE: Final = timedelta(seconds=30)
_OK: Final = 200
_MAX_AUDIENCES: Final = 64


@dataclass(frozen=True, slots=True)
class _KeptToken:
    text: str
    renew_at: datetime


class ServiceTokenSource:
    """Gets access tokens for this service's own client, one kept per audience."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: SecretStr,
        client: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._client = client
        self._clock = clock
        self._kept: dict[str, _KeptToken] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, audience: str) -> str:
        """Return a token for a service; raises Unavailable when the issuer gives none."""
        kept = self._kept.get(audience)
        if kept is not None and self._clock.now() < kept.renew_at:
            return kept.text
        if len(self._locks) >= _MAX_AUDIENCES and audience not in self._locks:
            raise ValueError("too many audiences")
        async with self._locks.setdefault(audience, asyncio.Lock()):
            kept = self._kept.get(audience)
            if kept is None or self._clock.now() >= kept.renew_at:
                kept = await self._obtain(audience)
                self._kept[audience] = kept
            return kept.text

    async def _obtain(self, audience: str) -> _KeptToken:
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                metadata = await discover(self._client, self._issuer)
                answer = await self._ask(endpoint(metadata, "token_endpoint"), audience)
        except IssuerUnreachable as fault:
            raise Unavailable("unavailable", fault=fault.fault) from None
        except (TimeoutError, httpx.HTTPError):
            raise Unavailable("unavailable", fault="connection failed") from None
        token, life = answer.get("access_token"), answer.get("expires_in", 60)
        if not isinstance(token, str) or type(life) is not int:
            raise Unavailable("unavailable", fault="answer holds no token")
        life_time = timedelta(seconds=max(life, 0))
        return _KeptToken(
            text=token, renew_at=asked_at + max(life_time - RENEW_BEFORE, life_time / 2)
        )

    async def _ask(self, address: str, audience: str) -> Mapping[str, Any]:
        response = await self._client.post(
            address,
            data={"grant_type": "client_credentials", "audience": audience},
            auth=httpx.BasicAuth(
                quote(self._client_id, safe=""),
                quote(self._client_secret.get_secret_value(), safe=""),
            ),
            follow_redirects=False,
        )
        if response.status_code != _OK:
            raise IssuerUnreachable("token endpoint refused")
        try:
            answer = response.json()
        except ValueError:
            raise IssuerUnreachable("answer is not JSON") from None
        if not isinstance(answer, dict):
            raise IssuerUnreachable("answer is not a JSON object")
        return answer


@asynccontextmanager
async def service_token_source(
    settings: ServiceSettings, *, clock: Clock
) -> AsyncIterator[ServiceTokenSource]:
    """Open what gets tokens for the client that the settings name; raises BadConfiguration."""
    client_id = settings.required("client_id")
    client_secret = SecretStr(settings.required("client_secret"))
    async with issuer_client() as client:
        yield ServiceTokenSource(
            issuer=settings.oidc_issuer,
            client_id=client_id,
            client_secret=client_secret,
            client=client,
            clock=clock,
        )
