"""The application of a service answers every bad request with a problem, never with 500."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from matricula_chassis.errors import Conflict, DomainError, NotFound
from matricula_chassis.http import STREAMS_BODY, RepeatedOperation
from matricula_chassis.http.body import BodyGuard
from matricula_chassis.http.middleware import ResponseBroken
from matricula_testkit.observed import CapturedLog, client_for

JSON = {"Content-Type": "application/json"}
CORRELATION = "01920555-9293-7449-9312-001122334455"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int
    label: str = ""


def things() -> APIRouter:
    router = APIRouter(prefix="/v1/things")

    @router.get("/{number}")
    async def read_thing(number: int, limit: Annotated[int, Query(le=10)] = 5) -> int:
        if number == 404:
            raise NotFound("thing-not-found", number=number)
        if number == 409:
            raise HTTPException(409, "quotes c4nary", headers={"X-Echo": "c4nary"})
        return number + limit

    @router.post("", status_code=201)
    async def make_thing(body: Thing) -> Thing:
        return body

    @router.post("/actions/start", status_code=202)
    async def start_thing() -> str:
        return "started"

    add_streams(router)
    return router


def add_streams(router: APIRouter) -> None:
    @router.put("/stream", tags=[STREAMS_BODY])
    async def stream_thing(request: Request) -> int:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return size

    @router.delete("/stream")
    async def drop_stream() -> None:
        return

    @router.get("/broken/stream")
    async def break_stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"begun"
            raise Conflict("conflict")

        return StreamingResponse(parts())


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    return make_app(things(), max_body_bytes=1_000)


async def call(app: FastAPI, method: str, path: str, **options: Any) -> httpx.Response:
    async with client_for(app) as client:
        return await client.request(method, path, **options)


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    return body


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "slug"),
    [
        ("GET", "/nowhere", {}, 404, "not-found"),
        ("GET", "/v1/things/1/", {}, 404, "not-found"),
        ("GET", "/openapi.json", {}, 404, "not-found"),
        ("GET", "/docs", {}, 404, "not-found"),
        ("DELETE", "/v1/things/1", {}, 405, "method-not-allowed"),
        ("OPTIONS", "/v1/things/1", {}, 405, "method-not-allowed"),
        ("BREW", "/v1/things/1", {}, 405, "method-not-allowed"),
        ("GET", "/v1/things/one", {}, 422, "validation-failed"),
        ("GET", "/v1/things/" + "9" * 5_000, {}, 422, "validation-failed"),
        ("GET", "/v1/things/1?limit=11", {}, 422, "validation-failed"),
        ("GET", "/v1/things/1%00", {}, 400, "bad-request"),
        ("GET", "/v1/things/1?limit=%00", {}, 400, "bad-request"),
        ("GET", "/v1/things/1?limit=%ff", {}, 400, "bad-request"),
        ("GET", "/v1/things/404", {}, 404, "thing-not-found"),
        ("GET", "/v1/things/409", {}, 409, "conflict"),
        ("POST", "/v1/things", {"content": b"x"}, 415, "unsupported-media-type"),
        ("POST", "/v1/things", {"data": {"size": "1"}}, 415, "unsupported-media-type"),
        ("POST", "/v1/things", {"content": b"{}", "headers": {"Content-Type": "application/json; charset=utf-16"}}, 415, "unsupported-media-type"),
        ("POST", "/v1/things", {"content": b"{}", "headers": JSON | {"Content-Encoding": "gzip"}}, 415, "unsupported-media-type"),
        ("POST", "/v1/things", {}, 422, "validation-failed"),
        ("POST", "/v1/things", {"content": b"", "headers": JSON}, 422, "validation-failed"),
        ("POST", "/v1/things", {"content": b"{", "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b'{"size":1,"size":2}', "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b'{"size":1,"label":"\\u0000"}', "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b'{"label":"\xff"}', "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b'{"size":' + b"9" * 900 + b"}", "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b"[" * 900, "headers": JSON}, 400, "malformed-json"),
        ("POST", "/v1/things", {"content": b"[]", "headers": JSON}, 422, "validation-failed"),
        ("POST", "/v1/things", {"content": b" " * 1_001, "headers": JSON}, 413, "payload-too-large"),
    ],
)  # fmt: skip
async def test_a_bad_request_gets_its_problem_and_never_500(  # noqa: PLR0917 - a table's columns
    app: FastAPI, method: str, path: str, options: dict[str, Any], status: int, slug: str
) -> None:
    assert_problem(await call(app, method, path, **options), status, slug)


async def test_good_requests_are_answered(app: FastAPI) -> None:
    assert (await call(app, "GET", "/v1/things/3?limit=4")).json() == 7
    made = await call(app, "POST", "/v1/things", json={"size": 3, "label": "é\U0001f600"})
    assert (made.status_code, made.json()["label"]) == (201, "é\U0001f600")
    patch = JSON | {"Content-Type": 'application/merge-patch+json; charset="UTF-8"'}
    assert (await call(app, "POST", "/v1/things", content=b'{"size":1}', headers=patch)).is_success
    assert (await call(app, "POST", "/v1/things/actions/start")).status_code == 202


async def test_a_wrong_method_says_which_are_allowed(app: FastAPI) -> None:
    assert (await call(app, "POST", "/v1/things/1")).headers["allow"] == "GET"
    assert (await call(app, "BREW", "/v1/things/stream")).headers["allow"] == "DELETE, PUT"


async def test_the_detail_of_a_foreign_exception_is_dropped(app: FastAPI) -> None:
    answer = await call(app, "GET", "/v1/things/409")
    assert "c4nary" not in answer.text + str(answer.headers)


async def test_a_body_is_refused_while_it_streams(app: FastAPI) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100
            yield b" " * 100

    answer = await call(app, "POST", "/v1/things", content=endless(), headers=JSON)
    assert_problem(answer, 413, "payload-too-large")
    assert sent <= 1_200


async def test_a_route_that_streams_its_body_is_not_limited(app: FastAPI) -> None:
    async def much() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"\x00\xff" * 500

    assert (await call(app, "PUT", "/v1/things/stream", content=much())).json() == 100_000
    refused = await call(app, "POST", "/v1/things/stream", content=much())
    assert refused.status_code == 415


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    async def never_reached(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    async def never_complete() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def ignore(message: Message) -> None:
        raise AssertionError

    guard = BodyGuard(never_reached, max_bytes=10, streaming=(), arrival_seconds=0.01)
    headers = [(b"content-length", b"2"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/things", "headers": headers}
    with pytest.raises(DomainError) as caught:
        await guard(scope, never_complete, ignore)
    assert caught.value.problem == "request-timeout"


async def test_a_client_that_leaves_early_is_not_answered(
    app: FastAPI, captured_log: CapturedLog
) -> None:
    async def leave() -> Message:
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", b"2"), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/things", "headers": headers,
        "query_string": b"", "asgi": {"version": "3.0"}, "root_path": "", "scheme": "http",
    }  # fmt: skip
    await app(scope, leave, send)
    assert not sent
    (line,) = captured_log.events("http.request")
    assert (line["status"], line["is_complete"]) == (499, False)


async def test_an_answer_that_fails_after_it_began_is_cut_off(
    app: FastAPI, captured_log: CapturedLog
) -> None:
    with pytest.raises(ResponseBroken) as caught:
        await call(app, "GET", "/v1/things/broken/stream")
    assert caught.value.__cause__ is None
    (line,) = captured_log.events("http.request")
    assert (line["status"], line["is_complete"]) == (200, False)


async def test_a_uuid_is_taken_as_correlation_id_and_anything_else_is_not(app: FastAPI) -> None:
    given = await call(app, "GET", "/v1/things/1", headers={"X-Correlation-ID": CORRELATION})
    assert given.headers["x-correlation-id"] == CORRELATION
    other = await call(app, "GET", "/v1/things/1", headers={"X-Correlation-ID": "c4nary"})
    assert other.headers["x-correlation-id"] != "c4nary"
    assert len(other.headers["x-correlation-id"]) == 36


async def test_one_line_and_one_count_a_request_by_template(
    app: FastAPI, captured_log: CapturedLog
) -> None:
    labels = {"method": "GET", "route": "/v1/things/{number}", "status": "200"}
    before = REGISTRY.get_sample_value("matricula_http_requests_total", labels) or 0
    await call(
        app,
        "GET",
        "/v1/things/864297531?limit=3",
        headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
    )
    assert REGISTRY.get_sample_value("matricula_http_requests_total", labels) == before + 1
    (line,) = captured_log.events("http.request")
    assert line["route"] == "/v1/things/{number}"
    assert line["operation"] == "read_thing"
    assert line["trace_id"] == TRACE
    assert line["duration_ms"] > 0
    assert "864297531" not in captured_log.text


async def test_a_request_refused_before_its_route_is_counted_for_it(
    app: FastAPI, captured_log: CapturedLog
) -> None:
    await call(app, "POST", "/v1/things", content=b"{", headers=JSON)
    (line,) = captured_log.events("http.request")
    assert (line["route"], line["status"]) == ("/v1/things", 400)


async def test_made_up_paths_and_methods_do_not_become_labels(app: FastAPI) -> None:
    def series() -> set[tuple[str, ...]]:
        return {
            tuple(sample.labels.values())
            for metric in REGISTRY.collect()
            if metric.name.startswith("matricula_http")
            for sample in metric.samples
        }

    await call(app, "NEVER", "/first/0")
    before = series()
    async with client_for(app) as client:
        for number in range(100):
            await client.request(f"M{number}", f"/made/up/{number}?q={number}")
            await client.get(f"/v1/things/{number}")
    grown = series() - before
    assert len(grown) <= 40, grown
    assert not any(f"M{number}" in str(grown) for number in range(100))


async def test_context_does_not_leak_from_one_request_to_the_next(
    app: FastAPI, captured_log: CapturedLog
) -> None:
    async with client_for(app) as client:
        for _ in range(3):
            await client.get("/v1/things/1")
    ids = [line["correlation_id"] for line in captured_log.events("http.request")]
    assert len(set(ids)) == 3


def test_two_endpoints_of_one_name_are_refused(make_app: Callable[..., FastAPI]) -> None:
    with pytest.raises(RepeatedOperation) as caught:
        make_app(things(), things())
    assert "read_thing" in caught.value.names


async def test_a_router_included_with_a_prefix_keeps_its_full_template(
    make_app: Callable[..., FastAPI], captured_log: CapturedLog
) -> None:
    outer = APIRouter()
    outer.include_router(things(), prefix="/outer")
    app = make_app(outer)
    assert (await call(app, "GET", "/outer/v1/things/1")).json() == 6
    (line,) = captured_log.events("http.request")
    assert line["route"] == "/outer/v1/things/{number}"


async def test_a_draining_process_asks_its_callers_to_go_elsewhere(app: FastAPI) -> None:
    assert "connection" not in (await call(app, "GET", "/v1/things/1")).headers
    app.state.health.mark_draining()
    assert (await call(app, "GET", "/v1/things/1")).headers["connection"] == "close"
