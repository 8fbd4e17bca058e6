"""Tokens that are not meant for the place they are shown at: refused everywhere, each time."""

from typing import Any

import pytest
from tests.e2e.users import Users

from matricula_localstack.issuer.scripted import client_token, person_tokens, upsert

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

# One operation of each service, with the role that may use it through the gateway.
DOORS = {
    "learner-api": ("/v1/learners", "training_coordinator"),
    "consent-registry": ("/v1/agreements", "dpo"),
    "event-log": ("/v1/checkpoint", "auditor"),
    "ilr-validator": ("/v1/validations", "auditor"),
}
SERVICES = tuple(DOORS)


def direct(users: Users, service: str) -> str:
    return f"http://127.0.0.1:{users.own.platform.ports[service]}{DOORS[service][0]}"


async def status(users: Users, address: str, token: str | None) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = await users.http.get(address, headers=headers)
    return answer.status_code, answer.headers.get("content-type")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_right_role_passes_the_gateway(users: Users, service: str) -> None:
    path, role = DOORS[service]
    token = await users.calls.token((await users.provider()).people[role])
    assert (await status(users, users.own.gateway + path, token))[0] == 200


@pytest.mark.parametrize("service", SERVICES)
async def test_without_a_token_nobody_passes(users: Users, service: str) -> None:
    for address in (users.own.gateway + DOORS[service][0], direct(users, service)):
        assert await status(users, address, None) == (401, "application/problem+json")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_gateway_token_shown_to_a_service_directly_is_401(
    users: Users, service: str
) -> None:
    provider = await users.provider()
    token = await users.calls.token(provider.people[DOORS[service][1]])
    answer = await users.http.get(
        direct(users, service), headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_token_of_another_audience_is_refused_by_gateway_and_service(
    users: Users, service: str
) -> None:
    provider = await users.provider()
    name = f"elsewhere-{provider.ukprn}"
    entry = {
        "client_id": name,
        "label": name,
        "roles": [DOORS[service][1]],
        "ukprn": provider.ukprn,
        "audiences": ["some-other-platform"],
    }
    made = await upsert(users.http, users.issuer, {"clients": [entry]})
    token = await client_token(
        users.http, users.issuer, client_id=name, secret=made["clients"][0]["secret"]
    )
    for address in (users.own.gateway + DOORS[service][0], direct(users, service)):
        assert (await status(users, address, token))[0] == 401


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_without_the_permission_is_403(users: Users, service: str) -> None:
    provider = await users.provider()
    token = await users.calls.token(provider.people["it_ops"])
    assert (await status(users, users.own.gateway + DOORS[service][0], token))[0] == 403


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_client_may_not_act_as_a_person_directly(
    users: Users, service: str
) -> None:
    """The issuer gives a service a token for another service: only internal operations take it."""
    secret = (users.own.platform.issuer_home / "clients" / "learner-api.secret").read_text().strip()
    token = await client_token(
        users.http,
        users.issuer,
        client_id="learner-api",
        secret=secret,
        audience="consent-registry",
    )
    expected = 403 if service == "consent-registry" else 401
    assert (await status(users, direct(users, service), token))[0] == expected


async def test_a_token_with_an_altered_claim_is_refused(users: Users) -> None:
    provider = await users.provider()
    answer = await person_tokens(users.http, users.issuer, subject=provider.coordinator.name)
    head, claims, signature = str(answer["access_token"]).split(".")
    altered = claims[:-4] + ("AAAA" if claims[-4:] != "AAAA" else "BBBB")
    token = f"{head}.{altered}.{signature}"
    assert (await status(users, users.own.gateway + "/v1/learners", token))[0] == 401
