"""The guard as an endpoint sees it: over HTTP, with tokens of the gateway and of services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from matricula_chassis.auth import (
    Authenticator,
    CredentialsRefused,
    IssuerUnreachable,
    Operation,
    OperationRefused,
    Policy,
    Principal,
    RemoteKeySet,
    TokenVerifier,
    TrustedIssuer,
    requires,
    service_authenticator,
)
from matricula_chassis.auth.permissions import STEP_UP_ACR
from matricula_chassis.clock import FixedClock
from matricula_chassis.errors import DomainError, Unavailable
from matricula_contracts.policy import DOCUMENT
from matricula_testkit.sample_service.settings import sample_settings
from matricula_testkit.tokens import OIDC_ISSUER, TokenMint, authenticator, bearer

POLICY = Policy.from_document(
    {
        "version": 1,
        "roles": {
            "clerk": {"kind": "person"},
            "chief": {"kind": "person"},
            "service": {"kind": "machine"},
        },
        "purposes": {"repair": {"classes": []}},
        "permissions": {
            "thing:read": {"roles": ["clerk"]},
            "thing:destroy": {"roles": ["chief"]},
            "thing:sync": {"roles": ["service"]},
        },
        "services": {
            "thing-api": {
                "operations": {
                    "get_thing": {"method": "GET", "path": "/thing", "permission": "thing:read"},
                    "destroy_thing": {
                        "method": "DELETE",
                        "path": "/thing",
                        "permission": "thing:destroy",
                        "purposes": ["repair"],
                        "step_up": True,
                    },
                    "sync_thing": {
                        "method": "POST",
                        "path": "/sync",
                        "permission": "thing:sync",
                        "internal": True,
                    },
                }
            },
            "other-api": {
                "operations": {
                    "get_other": {"method": "GET", "path": "/other", "permission": "thing:read"}
                }
            },
        },
    }
)
CLOCK = FixedClock(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
GATEWAY = TokenMint(CLOCK)
PROVIDER = TokenMint(CLOCK, issuer=OIDC_ISSUER, lifetime=timedelta(minutes=5))
THING = "thing-api"


def app_with(authenticate: Authenticator) -> FastAPI:
    app = FastAPI()
    app.state.authenticate = authenticate
    for operation in (*POLICY, "unlisted"):
        name = operation.name if isinstance(operation, Operation) else operation

        async def endpoint(
            principal: Annotated[Principal, Depends(requires(name))],
        ) -> dict[str, Any]:
            return {
                "subject": principal.subject,
                "acting_for": principal.acting_for,
                "correlation_id": principal.correlation_id,
                "ukprn": principal.ukprn,
            }

        app.get(f"/{name}", operation_id=name)(endpoint)

    @app.exception_handler(DomainError)
    async def show(_request: Request, error: DomainError) -> JSONResponse:
        return JSONResponse(
            {"problem": error.problem, **error.context},
            status_code=error.default_status,
            headers=dict(getattr(error, "headers", {})),
        )

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    authenticate = authenticator(POLICY, service=THING, gateway=GATEWAY, provider=PROVIDER)
    async with calling(app_with(authenticate)) as client:
        yield client


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://thing.test") as client:
        yield client


async def test_a_token_of_the_gateway_with_the_role_opens_the_endpoint(
    client: httpx.AsyncClient,
) -> None:
    token = GATEWAY.token(audience=THING, roles=["clerk"], txn="0197", act={"sub": "helper-1"})
    answer = await client.get("/get_thing", headers=bearer(token))
    assert answer.status_code == 200
    assert answer.json() == {
        "subject": "helper-1",
        "acting_for": "person-1",
        "correlation_id": "0197",
        "ukprn": 10_000_001,
    }


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ([], 'Bearer realm="matricula"'),
        ([("Authorization", "Basic abc")], 'Bearer realm="matricula"'),
        ([("Authorization", "Bearer")], 'Bearer realm="matricula"'),
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], 'Bearer realm="matricula"'),
        ([("Authorization", "Bearer abc")], 'Bearer realm="matricula", error="invalid_token"'),
    ],
)  # fmt: skip
async def test_without_a_good_token_the_answer_is_401_with_a_challenge(
    client: httpx.AsyncClient, headers: list[tuple[str, str]], challenge: str
) -> None:
    answer = await client.get("/get_thing", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["problem"] == "unauthenticated"


@pytest.mark.parametrize(
    ("operation", "claims", "problem"),
    [
        ("get_thing", {"roles": ["chief"]}, "forbidden"),
        ("get_thing", {"roles": []}, "forbidden"),
        ("destroy_thing", {"roles": ["chief"], "acr": STEP_UP_ACR}, "missing-purpose"),
        (
            "destroy_thing",
            {"roles": ["chief"], "purpose": "fun", "acr": "mfa"},
            "purpose-not-allowed",
        ),
        ("destroy_thing", {"roles": ["chief"], "purpose": "repair"}, "step-up-required"),
        ("unlisted", {"roles": ["clerk", "chief", "service"]}, "forbidden"),
        ("get_other", {"roles": ["clerk"]}, "forbidden"),
    ],
)
async def test_a_denial_is_403_with_the_one_code_that_rfc_6750_has(
    client: httpx.AsyncClient, operation: str, claims: dict[str, Any], problem: str
) -> None:
    token = GATEWAY.token(audience=THING, **claims)
    answer = await client.get(f"/{operation}", headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json()["problem"] == problem
    assert answer.headers["www-authenticate"].endswith('error="insufficient_scope"')


async def test_step_up_and_purpose_together_open_the_endpoint(client: httpx.AsyncClient) -> None:
    token = GATEWAY.token(audience=THING, roles=["chief"], purpose="repair", acr="mfa")
    assert (await client.get("/destroy_thing", headers=bearer(token))).status_code == 200


async def test_a_token_for_another_service_opens_nothing(client: httpx.AsyncClient) -> None:
    token = GATEWAY.token(audience="other-api", roles=["clerk"])
    answer = await client.get("/get_thing", headers=bearer(token))
    assert answer.status_code == 401
    assert answer.json()["reason"] == "aud"


async def test_a_service_calls_an_internal_operation_with_its_own_token(
    client: httpx.AsyncClient,
) -> None:
    token = PROVIDER.service_token(audience=THING, client_id="other-api")
    answer = await client.get("/sync_thing", headers=bearer(token))
    assert answer.status_code == 200
    assert answer.json()["subject"] == "other-api"


async def test_a_service_token_opens_no_other_operation(client: httpx.AsyncClient) -> None:
    token = PROVIDER.service_token(audience=THING, client_id="x", roles=["clerk", "service"])
    answer = await client.get("/get_thing", headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json()["reason"] == "not_through_gateway"


async def test_a_persons_token_of_the_provider_does_not_pass_beside_the_gateway(
    client: httpx.AsyncClient,
) -> None:
    token = PROVIDER.token(audience=THING, roles=["service", "clerk"])
    for operation in ("sync_thing", "get_thing"):
        answer = await client.get(f"/{operation}", headers=bearer(token))
        assert answer.json()["reason"] == "not_through_gateway"


async def test_an_internal_token_must_state_nbf_and_live_a_minute_at_most(
    client: httpx.AsyncClient,
) -> None:
    for changes in ({"nbf": ...}, {"exp": GATEWAY.now() + 61}):
        token = GATEWAY.token(audience=THING, roles=["clerk"], **changes)
        assert (await client.get("/get_thing", headers=bearer(token))).status_code == 401


async def test_keys_that_cannot_be_had_are_an_outage_not_a_bad_token() -> None:
    async def unreachable() -> Any:
        raise IssuerUnreachable("connection failed")

    issuer = TrustedIssuer(GATEWAY.issuer, RemoteKeySet(unreachable, clock=CLOCK))
    authenticate = Authenticator(
        TokenVerifier([issuer], clock=CLOCK),
        policy=POLICY,
        service=THING,
        internal_issuer=GATEWAY.issuer,
    )
    async with calling(app_with(authenticate)) as client:
        token = GATEWAY.token(audience=THING, roles=["clerk"])
        answer = await client.get("/get_thing", headers=bearer(token))
    assert answer.status_code == 503
    assert answer.json()["problem"] == "unavailable"


async def test_refusals_say_nothing_of_the_token() -> None:
    for refusal in (
        CredentialsRefused(challenge="Bearer", reason="aud"),
        OperationRefused("forbidden", operation="get_thing", reason="role_missing"),
        Unavailable("unavailable"),
    ):
        assert str(refusal) in {"unauthenticated", "forbidden", "unavailable"}


def test_the_api_description_shows_that_a_token_is_needed() -> None:
    document = app_with(authenticator(POLICY, service=THING, gateway=GATEWAY)).openapi()
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
    }
    assert document["paths"]["/get_thing"]["get"]["security"] == [{"bearer": []}]


def test_the_operation_of_a_dependency_can_be_read_back() -> None:
    assert requires("get_thing").operation == "get_thing"


async def test_a_service_builds_its_authenticator_from_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def internet(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.host == "127.0.0.1":
            return httpx.Response(200, json=GATEWAY.jwks)
        if request.url.path.startswith("/.well-known/"):
            where = {"issuer": OIDC_ISSUER, "jwks_uri": f"{OIDC_ISSUER}/jwks"}
            return httpx.Response(200, json=where)
        return httpx.Response(200, json=PROVIDER.jwks)

    monkeypatch.setattr(
        "matricula_chassis.auth.guard.issuer_client",
        lambda: httpx.AsyncClient(transport=httpx.MockTransport(internet)),
    )
    settings = sample_settings(
        gateway_jwks_url="http://127.0.0.1:8081/jwks",
        internal_issuer=GATEWAY.issuer,
        oidc_issuer=OIDC_ISSUER,
    )
    policy = Policy.from_document(DOCUMENT)
    async with service_authenticator(
        settings, service="consent-registry", policy=policy, clock=CLOCK
    ) as authenticate:
        assert asked == []
        audience = "consent-registry"
        person = GATEWAY.token(audience=audience, roles=["compliance_officer"])
        service = PROVIDER.service_token(audience=audience, client_id="learner-api")
        for token, operation in ((person, "list_agreements"), (service, "decide")):
            request = Request(
                {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}
            )
            caller = await authenticate(request)
            assert caller.authorise(operation).client_id == caller.client_id
    assert asked == [
        "http://127.0.0.1:8081/jwks",
        f"{OIDC_ISSUER}/.well-known/oauth-authorization-server",
        f"{OIDC_ISSUER}/jwks",
    ]
