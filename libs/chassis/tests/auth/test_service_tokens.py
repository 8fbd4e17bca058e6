"""Tokens for calls to other services: got once, kept, renewed in time, never shown."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from matricula_chassis.auth import ServiceTokenSource, service_token_source
from matricula_chassis.clock import FixedClock
from matricula_chassis.errors import Unavailable
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_testkit.sample_service.settings import sample_settings

ISSUER = "https://issuer.test"
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


class TokenEndpoint:
    def __init__(self, *, expires_in: Any = 300) -> None:
        self.expires_in = expires_in
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        self.answer: httpx.Response | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.path.startswith("/.well-known/"):
            where = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
            return httpx.Response(200, json=where)
        form = parse_qs(request.content.decode())
        assert form["grant_type"] == ["client_credentials"]
        [audience] = form["audience"]
        self.asked.append(audience)
        self.authorizations.append(request.headers["authorization"])
        if self.answer is not None:
            return self.answer
        token = f"{audience}-{len(self.asked)}"
        return httpx.Response(200, json={"access_token": token, "expires_in": self.expires_in})


class Setting:
    def __init__(self, **options: Any) -> None:
        self.clock = FixedClock(START)
        self.endpoint = TokenEndpoint(**options)
        self.source = ServiceTokenSource(
            issuer=ISSUER,
            client_id="learner-api",
            client_secret=SecretStr("s:e/c r"),
            client=httpx.AsyncClient(transport=httpx.MockTransport(self.endpoint)),
            clock=self.clock,
        )


async def test_a_token_is_kept_per_audience_until_shortly_before_it_expires() -> None:
    setting = Setting()
    assert await setting.source.token("event-log") == "event-log-1"
    assert await setting.source.token("consent-registry") == "consent-registry-2"
    setting.clock.advance(timedelta(seconds=269))
    assert await setting.source.token("event-log") == "event-log-1"
    setting.clock.advance(timedelta(seconds=1))
    assert await setting.source.token("event-log") == "event-log-3"


async def test_many_who_need_a_token_cause_one_request() -> None:
    setting = Setting()
    tokens = await asyncio.gather(*(setting.source.token("event-log") for _ in range(50)))
    assert set(tokens) == {"event-log-1"}
    assert setting.endpoint.asked == ["event-log"]


async def test_a_short_lived_token_is_renewed_at_half_of_its_life() -> None:
    setting = Setting(expires_in=20)
    await setting.source.token("event-log")
    setting.clock.advance(timedelta(seconds=9))
    assert await setting.source.token("event-log") == "event-log-1"
    setting.clock.advance(timedelta(seconds=1))
    assert await setting.source.token("event-log") == "event-log-2"


async def test_the_secret_travels_encoded_in_the_header_only() -> None:
    setting = Setting()
    await setting.source.token("event-log")
    [header] = setting.endpoint.authorizations
    raw = base64.b64decode(header.removeprefix("Basic ")).decode()
    assert raw == "learner-api:s%3Ae%2Fc%20r"  # RFC 6749 section 2.3.1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(302, headers={"location": "https://elsewhere.test"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"expires_in": 300}),
        httpx.Response(200, json={"access_token": "x", "expires_in": "300"}),
    ],
    ids=["401", "redirect", "html", "list", "no token", "life as text"],
)
async def test_without_a_token_the_call_is_not_possible_now(answer: httpx.Response) -> None:
    setting = Setting()
    setting.endpoint.answer = answer
    with pytest.raises(Unavailable) as refused:
        await setting.source.token("event-log")
    assert refused.value.problem == "unavailable"
    setting.endpoint.answer = None
    assert await setting.source.token("event-log")


async def test_a_broken_connection_is_unavailable() -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    setting = Setting()
    setting.source._client = httpx.AsyncClient(transport=httpx.MockTransport(broken))
    with pytest.raises(Unavailable):
        await setting.source.token("event-log")


async def test_the_settings_name_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = TokenEndpoint()
    monkeypatch.setattr(
        "matricula_chassis.auth.service_tokens.issuer_client",
        lambda: httpx.AsyncClient(transport=httpx.MockTransport(endpoint)),
    )
    settings = sample_settings(oidc_issuer=ISSUER, client_id="learner-api", client_secret="s")
    async with service_token_source(settings, clock=FixedClock(START)) as tokens:
        assert await tokens.token("event-log") == "event-log-1"
    [header] = endpoint.authorizations
    assert base64.b64decode(header.removeprefix("Basic ")) == b"learner-api:s"


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
async def test_a_service_without_a_client_is_told_which_setting_it_lacks(missing: str) -> None:
    settings = sample_settings(**{"client_id": "one", "client_secret": "two"} | {missing: None})
    with pytest.raises(BadConfiguration) as caught:
        async with service_token_source(settings, clock=FixedClock(START)):
            pytest.fail("it went on without")
    assert caught.value.faults == (SettingFault(f"SAMPLE_{missing.upper()}", "is missing"),)
