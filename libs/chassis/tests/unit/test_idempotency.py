"""Idempotency keys name their client and the request they were first used for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import HTTPConnection

from matricula_chassis.db.idempotency import IdempotencyKey
from matricula_chassis.errors import Unauthenticated
from matricula_chassis.http import idempotency_key
from matricula_testkit.observed import client_for

KEY = "0f9d2c34-1a2b-4c3d-8e4f-5a6b7c8d9e0f"


@dataclass(frozen=True)
class Probe:
    client_id: str


class Authenticate:
    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, request: HTTPConnection, /) -> Probe:
        self.asked += 1
        client = request.headers.get("x-probe-client")
        if client is None:
            raise Unauthenticated("unauthenticated")
        return Probe(client)


@pytest.fixture
def seen() -> list[IdempotencyKey]:
    return []


@pytest.fixture
def app(make_app: Callable[..., FastAPI], seen: list[IdempotencyKey]) -> FastAPI:
    router = APIRouter()

    @router.post("/things/{number}", status_code=201)
    async def make_thing(
        number: int,
        idem: Annotated[IdempotencyKey, Depends(idempotency_key)],
        again: Annotated[IdempotencyKey, Depends(idempotency_key, use_cache=False)],
        body: dict[str, Any] | None = None,
    ) -> int:
        assert idem == again
        seen.append(idem)
        return number

    return make_app(router, authenticate=Authenticate())


async def post(
    app: FastAPI,
    path: str = "/things/1",
    *,
    key: str | None = KEY,
    client: str | None = "probe",
    content: bytes | None = None,
) -> httpx.Response:
    headers = {"Content-Type": "application/json"} if content is not None else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    if client is not None:
        headers["X-Probe-Client"] = client
    async with client_for(app) as opened:
        return await opened.post(path, content=content, headers=headers)


async def test_a_key_names_its_client_and_request(app: FastAPI, seen: list[IdempotencyKey]) -> None:
    assert (await post(app, content=b'{"a":1}')).status_code == 201
    (found,) = seen
    assert (found.client_id, found.key, len(found.request_hash)) == ("probe", KEY, 32)


async def test_the_same_request_has_the_same_hash_however_it_is_written(
    app: FastAPI, seen: list[IdempotencyKey]
) -> None:
    await post(app, content=b'{"a":1,"b":[1,2]}')
    await post(app, content=b' {"b" : [1, 2],\n"a":1 }', key=f'"{KEY}"')
    assert seen[0] == seen[1]


async def test_another_request_has_another_hash(app: FastAPI, seen: list[IdempotencyKey]) -> None:
    await post(app, content=b'{"a":1}')
    await post(app, content=b'{"a":2}')
    await post(app, content=b'{"a":1}', path="/things/2")
    await post(app, content=b'{"a":1}', path="/things/1?x=1")
    await post(app, content=b'{"a":1}', client="other")
    await post(app)
    assert len({one.request_hash for one in seen}) == 6


async def test_a_missing_key_is_asked_for(app: FastAPI) -> None:
    answer = await post(app, key=None)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key-required"


@pytest.mark.parametrize(
    "key",
    ["short", "x" * 129, "with space in", '"', 'a"b"c"d"e', "with/slash/in"],
)
async def test_a_malformed_key_is_refused_and_named(app: FastAPI, key: str) -> None:
    answer = await post(app, key=key)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["in"], fault["name"]) == ("header", "Idempotency-Key")


async def test_a_key_without_a_caller_is_refused(app: FastAPI) -> None:
    answer = await post(app, client=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_caller_is_asked_for_once_a_request(app: FastAPI) -> None:
    await post(app)
    assert app.state.authenticate._authenticate.asked == 1


async def test_an_app_without_authenticator_believes_nobody(
    make_app: Callable[..., FastAPI],
) -> None:
    router = APIRouter()

    @router.post("/things")
    async def make_thing(_idem: Annotated[IdempotencyKey, Depends(idempotency_key)]) -> None:
        return

    assert (await post(make_app(router), "/things")).status_code == 401


def test_the_header_is_documented_as_required(app: FastAPI) -> None:
    (operation,) = app.openapi()["paths"]["/things/{number}"].values()
    (header,) = (one for one in operation["parameters"] if one["in"] == "header")
    assert header["name"] == "Idempotency-Key"
    assert header["required"] is True
    assert header["schema"].keys() == {"type", "pattern"}
