"""Who gets through, who does not, and what is recorded: through a real gateway."""

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.clock import SystemClock
from matricula_contracts import policy as contract
from matricula_gateway.adapters.events.frames import MAGIC, read_frames, segments
from matricula_testkit.tokens import TokenMint

LEARNERS = "/v1/learners"
POLICY = Policy.from_document(contract.DOCUMENT)
PUBLIC = [one for one in POLICY if not one.internal]


def records(gateway: Any) -> list[dict[str, Any]]:
    """Every decision on the spool of a gateway, read beside its publisher."""
    found: list[dict[str, Any]] = []
    for segment in segments(gateway.spool):
        data = segment.path.read_bytes()
        found += [orjson.loads(payload) for payload, _ in read_frames(data, len(MAGIC))]
    return found


def record_of(gateway: Any, answer: httpx.Response) -> dict[str, Any]:
    """The one record of an answer."""
    correlation = answer.headers["x-correlation-id"]
    (found,) = [one for one in records(gateway) if one["correlation_id"] == correlation]
    return found


def path_of(operation: Operation) -> str:
    return operation.path.replace("{", "").replace("}", "")


async def ask(client: httpx.AsyncClient, operation: Operation, token: str) -> httpx.Response:
    return await client.request(
        operation.method, path_of(operation), headers={"Authorization": f"Bearer {token}"}
    )


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda one: str(one.name))
async def test_every_role_gets_what_the_policy_says_and_it_is_recorded(
    operation: Operation, client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    for role in sorted(POLICY.roles):
        token = gateway.token(role, sub=f"{operation.name}-{role}")
        answer = await ask(client, operation, token)
        wanted = 200 if operation.public or role in operation.roles else 403
        assert answer.status_code == wanted, role
        data = record_of(gateway, answer)["data"]
        assert data["operation"] == operation.name
        assert data["status"] == wanted
        assert data["decision"] == ("allowed" if wanted == 200 else "denied")
    seen = await stub.seen()
    assert len(seen) == len(operation.roles)


@pytest.mark.parametrize("operation", [one for one in POLICY if one.internal], ids=str)
async def test_an_internal_operation_does_not_exist_from_outside(
    operation: Operation, client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    answer = await ask(client, operation, gateway.token(*POLICY.roles))
    assert answer.status_code == 404
    assert await stub.seen() == []


async def test_without_a_token_nothing_goes_on(client: httpx.AsyncClient, stub: Any) -> None:
    answer = await client.get(LEARNERS)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="matricula"'
    assert answer.json()["type"] == "/problems/unauthenticated"
    assert await stub.seen() == []


BAD_TOKENS: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1_700_000_300, "iat": 1_700_000_000},
    "another_audience": {"aud": "learner-api"},
    "another_issuer": {"iss": "https://elsewhere.test"},
    "without_subject": {"sub": ...},
    "roles_as_text": {"roles": "dpo"},
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_token_that_is_not_good_is_refused_and_the_reason_is_kept_here(
    name: str, client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    mint = gateway.issuer.mint
    claims = {"roles": ["dpo"], **BAD_TOKENS[name]}
    audience = claims.pop("aud", "matricula-gateway")
    token = mint.token(audience=audience, **claims)
    answer = await client.get(LEARNERS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    challenge = 'Bearer realm="matricula", error="invalid_token"'
    assert answer.headers["www-authenticate"] == challenge
    reason = record_of(gateway, answer)["data"]["reason"]
    assert reason.startswith("token_")
    assert reason not in answer.text
    assert await stub.seen() == []


@pytest.mark.parametrize(
    "value",
    ["Basic cjpy", "Bearer", "bearer x", "Bearer a.b.c", "Bearer a b", "Bearer " + "a" * 8_193],
)
async def test_an_authorization_of_another_form_is_refused(
    value: str, client: httpx.AsyncClient, stub: Any
) -> None:
    answer = await client.get(LEARNERS, headers={"Authorization": value})
    assert answer.status_code == 401
    assert await stub.seen() == []


async def test_a_token_signed_by_somebody_else_is_refused(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    forger = TokenMint(SystemClock(), issuer=gateway.issuer.url)
    header = gateway.issuer.mint.header()
    token = forger.signed(header, forger.claims(audience="matricula-gateway", roles=["dpo"]))
    answer = await client.get(LEARNERS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_the_gateway_does_not_accept_its_own_internal_tokens(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    await client.get(LEARNERS, headers=gateway.bearer())
    (seen,) = await stub.seen()
    internal = dict(seen["fields"])["authorization"]
    answer = await client.get(LEARNERS, headers={"Authorization": internal})
    assert answer.status_code == 401


async def test_a_role_that_is_not_granted_is_a_403(client: httpx.AsyncClient, gateway: Any) -> None:
    answer = await client.get(LEARNERS, headers=gateway.bearer("it_ops"))
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/forbidden"
    challenge = 'Bearer realm="matricula", error="insufficient_scope"'
    assert answer.headers["www-authenticate"] == challenge


async def test_what_is_not_listed_is_a_404_and_a_wrong_method_a_405(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    for path in ("/", "/docs", "/openapi.json", "/livez", "/metrics", "/.well-known/jwks.json"):
        answer = await client.get(path, headers=gateway.bearer())
        assert answer.status_code == 404, path
        assert answer.json()["type"] == "/problems/not-found"
    answer = await client.delete(LEARNERS, headers=gateway.bearer())
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert await stub.seen() == []


async def test_a_purpose_outside_the_closed_list_is_refused(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    headers = {**gateway.bearer(), "Purpose-Of-Use": "curiosity"}
    answer = await client.get(LEARNERS, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/purpose-not-allowed"
    assert "purpose" not in record_of(gateway, answer)["data"]["audit"]
    assert await stub.seen() == []


async def test_a_stated_purpose_is_in_the_record(client: httpx.AsyncClient, gateway: Any) -> None:
    headers = {**gateway.bearer("dpo"), "Purpose-Of-Use": "sar"}
    answer = await client.get(LEARNERS, headers=headers)
    audit = record_of(gateway, answer)["data"]["audit"]
    assert audit["purpose"] == "sar"
    assert audit["actor"]["roles"] == ["dpo"]


async def test_a_client_over_its_rate_is_told_when_to_come_back_and_others_are_not_touched(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    operation = POLICY.operation("stream_submission_progress")
    headers = gateway.bearer(sub="too-often")
    path = path_of(operation)
    began, allowed = time.monotonic(), 0
    while (answer := await client.get(path, headers=headers)).status_code == 200:
        allowed += 1
    # The quota may be spent at once; meanwhile it comes back at one request a second.
    assert 60 <= allowed <= 61 + time.monotonic() - began
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/rate-limited"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["ratelimit"].startswith('"default";r=0;t=')
    other = await client.get(path, headers=gateway.bearer(sub="somebody-else"))
    assert other.status_code == 200
    elsewhere = await client.get(LEARNERS, headers=headers)
    assert elsewhere.status_code == 200


async def test_every_answer_has_exactly_one_record(client: httpx.AsyncClient, gateway: Any) -> None:
    wanted = {str(uuid4()): status for status in (200, 401, 403, 404, 405) for _ in range(5)}

    async def one(correlation: str, status: int) -> None:
        headers = {"X-Correlation-ID": correlation}
        if status != 401:
            headers |= gateway.bearer("it_ops" if status == 403 else "dpo", sub="records")
        path = "/v1/nothing" if status == 404 else LEARNERS
        method = "DELETE" if status == 405 else "GET"
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == status

    await asyncio.gather(*(one(*pair) for pair in wanted.items()))
    found = [one for one in records(gateway) if one["correlation_id"] in wanted]
    assert sorted(one["correlation_id"] for one in found) == sorted(wanted)
    for record in found:
        assert record["data"]["status"] == wanted[record["correlation_id"]]
    assert len({one["id"] for one in found}) == len(wanted)


async def test_when_decisions_cannot_be_recorded_everything_is_refused(
    make_gateway: Any, stub: Any
) -> None:
    one = make_gateway(GATEWAY_SPOOL_MAX_BYTES=str(1 << 20))
    await one.start()
    headers = {}
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        statuses = []
        for number in range(4_000):
            if number % 500 == 0:
                headers = one.bearer(sub=f"filler-{number}")
            statuses.append((await client.get(LEARNERS, headers=headers)).status_code)
            if statuses[-1] == 503:
                break
        await stub.forget()
        answer = await client.get(LEARNERS, headers=headers)
        assert statuses.count(200) > 500
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert await stub.seen() == []
        async with asyncio.timeout(30):  # an answer is kept for a moment
            readyz = f"{one.internal_url}/readyz"
            while (ready := await client.get(readyz)).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert ready.status_code == 503
        assert ready.json()["checks"]["spool"] == "failed"
        assert "matricula_gateway_spool_open 0.0" in await one.metrics()
        assert sum(part.path.stat().st_size for part in segments(one.spool)) <= 1 << 20


async def test_a_problem_repeats_nothing_of_the_request(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    answer = await client.get("/v1/canary-7785?x=canary-7786", headers=gateway.bearer())
    assert answer.status_code == 404
    assert "canary" not in json.dumps(answer.json())
