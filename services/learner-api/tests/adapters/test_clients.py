"""What learner-api makes of the answers of other services, and of their silence."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from learner_api.adapters.clients.consent_registry import ConsentRegistryClient
from learner_api.application.ports import Refusal
from learner_api.domain.staged import Coverage
from matricula_chassis.errors import Unavailable

Answer = Callable[[httpx.Request], httpx.Response]


class Tokens:
    async def token(self, audience: str) -> str:
        return f"token-for-{audience}"


def http(answer: Answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://other")


async def ask(answer: Answer) -> Coverage | Refusal:
    tokens: Any = Tokens()
    async with http(answer) as client:
        return await ConsentRegistryClient(client, tokens).coverage(
            partner="partner-one",
            ukprn=10_000_001,
            at=datetime(2026, 3, 2, 12, tzinfo=UTC),
            correlation_id="c-1",
        )


async def test_the_question_names_partner_provider_data_set_purpose_and_time() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"allowed": False, "problem": "no-live-agreement"})

    assert await ask(answer) == Refusal("no-live-agreement")
    assert json.loads(asked[0].content) == {
        "partner_id": "partner-one",
        "ukprn": 10_000_001,
        "data_set": "ilr",
        "purpose": "ilr_return",
        "at": "2026-03-02T12:00:00+00:00",
    }
    assert asked[0].headers["Authorization"] == "Bearer token-for-consent-registry"
    assert asked[0].headers["X-Correlation-ID"] == "c-1"


async def test_a_yes_carries_the_classes_that_are_agreed_and_based() -> None:
    yes = {
        "allowed": True,
        "problem": None,
        "agreement": {"agreement_id": "a-1", "version": 3, "data_classes": ["ordinary"]},
        "lawful_bases": [{"data_class": "ordinary"}, {"data_class": "special_category"}],
    }
    found = await ask(lambda _: httpx.Response(200, json=yes))
    assert found == Coverage(
        "a-1", 3, frozenset({"ordinary"}), frozenset({"ordinary", "special_category"})
    )


def silence(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


@pytest.mark.parametrize("answer", [silence, lambda _: httpx.Response(503)])
async def test_no_answer_is_neither_a_yes_nor_a_no(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        await ask(answer)
