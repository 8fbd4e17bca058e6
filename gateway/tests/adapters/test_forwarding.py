"""Requests through a real gateway to a service: what goes on, what stays, what comes back."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

LEARNERS = "/v1/learners"
UPLOAD = "/v1/submissions"
MEGABYTE = 1 << 20


def fields_of(seen: dict[str, Any]) -> dict[str, str]:
    return dict(seen["fields"])


async def test_the_answer_of_the_service_comes_back(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    answer = await client.get(f"{LEARNERS}?limit=5", headers=gateway.bearer())
    assert answer.status_code == 200
    assert answer.json()["received"] == 0
    (seen,) = await stub.seen()
    assert (seen["method"], seen["target"]) == ("GET", "/v1/learners?limit=5")


async def test_the_service_gets_a_short_internal_token_in_place_of_the_caller_s(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    bearer = gateway.bearer("compliance_officer", ukprn=10_000_002, acr="mfa")
    await client.get(LEARNERS, headers=bearer)
    (seen,) = await stub.seen()
    token = fields_of(seen)["authorization"].removeprefix("Bearer ")
    assert token not in bearer["Authorization"]
    keys = (await client.get(f"{gateway.internal_url}/.well-known/jwks.json")).json()["keys"]
    header = jwt.get_unverified_header(token)
    key = next(jwt.PyJWK(one) for one in keys if one["kid"] == header["kid"])
    claims = jwt.decode(
        token, key, algorithms=["ES256"], audience="learner-api", issuer="matricula-gateway"
    )
    assert header["typ"] == "at+jwt"
    assert claims["exp"] - claims["iat"] == 60
    assert claims["sub"] == "person-1"
    assert claims["client_id"] == "front-end"
    assert claims["roles"] == ["compliance_officer"]
    assert claims["ukprn"] == 10_000_002
    assert claims["acr"] == "mfa"
    assert "purpose" not in claims


async def test_the_internal_token_names_the_service_and_the_stated_purpose(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    stated = {**gateway.bearer(), "Purpose-Of-Use": "funding_audit"}
    await client.get("/v1/agreements", headers=stated)
    (seen,) = await stub.seen()
    token = fields_of(seen)["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "consent-registry"
    assert claims["purpose"] == "funding_audit"
    assert "purpose-of-use" not in fields_of(seen)


async def test_fields_that_name_an_identity_or_a_hop_stop_at_the_gateway(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    forged = {
        "X-User": "root", "X-Forwarded-User": "root", "X-Remote-User": "root", "Remote-User": "r",
        "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X-Real-IP": "10.0.0.1",
        "Via": "1.1 me", "Cookie": "session=1", "X-Original-URL": "/v1/decisions",
        "X-HTTP-Method-Override": "DELETE", "Proxy-Authorization": "Basic cjpy",
        "X-Roles": "dpo", "X_User": "root", "TE": "trailers",
    }  # fmt: skip
    good = {"Accept": "application/json", "If-Match": '"7"', "Idempotency-Key": "one-key"}
    answer = await client.post(LEARNERS, json={}, headers={**forged, **good, **gateway.bearer()})
    assert answer.status_code == 200
    (seen,) = await stub.seen()
    names = set(fields_of(seen))
    assert names == {
        "host", "accept", "accept-encoding", "content-type", "content-length", "if-match",
        "idempotency-key", "authorization", "x-correlation-id",
    }  # fmt: skip
    assert fields_of(seen)["host"] == f"127.0.0.1:{stub.port}"


async def test_a_field_that_connection_names_is_not_passed_on(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    named = {"Connection": "keep-alive, accept-language", "Accept-Language": "cy"}
    await client.get(LEARNERS, headers={**named, **gateway.bearer()})
    (seen,) = await stub.seen()
    assert "accept-language" not in fields_of(seen)


async def test_a_correlation_id_is_kept_when_it_is_a_uuid(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    given = "01976B2E-7C00-7000-8000-0000000000E1"
    headers = {"X-Correlation-ID": given, **gateway.bearer()}
    answer = await client.get(LEARNERS, headers=headers)
    (seen,) = await stub.seen()
    assert answer.headers["x-correlation-id"] == given.lower()
    assert fields_of(seen)["x-correlation-id"] == given.lower()


async def test_a_correlation_id_of_another_form_is_replaced(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    headers = {"X-Correlation-ID": "Robert'); DROP", **gateway.bearer()}
    answer = await client.get(LEARNERS, headers=headers)
    (seen,) = await stub.seen()
    made = UUID(answer.headers["x-correlation-id"])
    assert made.version == 7
    assert fields_of(seen)["x-correlation-id"] == str(made)


async def test_hop_fields_of_the_answer_are_taken_out(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    answer = await client.get(LEARNERS, headers={"Prefer": "stub=spoof", **gateway.bearer()})
    assert answer.headers["etag"] == '"7"'
    assert not {"x-inside", "server", "keep-alive"} & set(answer.headers)
    assert answer.headers.get_list("x-correlation-id") != ["forged"]
    assert len(answer.headers.get_list("x-correlation-id")) == 1


async def test_the_limits_are_announced(client: httpx.AsyncClient, gateway: Any) -> None:
    headers = gateway.bearer(sub="limits-announced")
    answer = await client.get(LEARNERS, headers=headers)
    assert answer.headers["ratelimit-policy"] == '"default";q=600;w=60'
    assert answer.headers["ratelimit"].startswith('"default";r=599;t=')


async def test_an_interim_response_is_dropped(client: httpx.AsyncClient, gateway: Any) -> None:
    answer = await client.get(LEARNERS, headers={"Prefer": "stub=interim", **gateway.bearer()})
    assert (answer.status_code, answer.content) == (200, b"{}")


async def test_an_answer_without_a_body_keeps_the_connection(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": "stub=empty", **gateway.bearer()}
    for _ in range(3):
        answer = await client.patch(f"{LEARNERS}/1", json={}, headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (204, '"3"')
        assert "transfer-encoding" not in answer.headers


async def test_head_has_a_length_and_no_body(client: httpx.AsyncClient, gateway: Any) -> None:
    headers = {"Prefer": "stub=offset", **gateway.bearer()}
    for _ in range(2):
        answer = await client.head("/v1/uploads/1", headers=headers)
        assert (answer.status_code, answer.headers["upload-offset"]) == (200, "12345")
    assert (await client.get(LEARNERS, headers=gateway.bearer())).status_code == 200


async def test_a_body_that_a_service_sends_with_head_is_dropped(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    answer = await client.head("/v1/uploads/1", headers=gateway.bearer())
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.get(LEARNERS, headers=gateway.bearer())).status_code == 200


async def test_a_body_of_known_length_arrives_whole(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    body = bytes(range(256)) * 1024
    answer = await client.post(UPLOAD, content=body, headers=gateway.bearer())
    assert answer.json() == {"sha256": hashlib.sha256(body).hexdigest(), "received": len(body)}


async def test_a_chunked_body_arrives_whole_and_chunked(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(50):
            yield bytes([number]) * (number * 1000 + 1)

    answer = await client.post(UPLOAD, content=parts(), headers=gateway.bearer())
    whole = b"".join([part async for part in parts()])
    assert answer.json() == {"sha256": hashlib.sha256(whole).hexdigest(), "received": len(whole)}
    (seen,) = await stub.seen()
    assert fields_of(seen)["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("way", ["reset", "torn"])
async def test_an_answer_that_breaks_off_is_visibly_broken(
    way: str, client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": f"stub={way}", **gateway.bearer()}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await client.get(LEARNERS, headers=headers)
    assert (await client.get(LEARNERS, headers=gateway.bearer())).status_code == 200


async def test_a_service_that_cuts_before_answering_is_a_502_with_retry_after(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": "stub=cut", **gateway.bearer()}
    answer = await client.post(LEARNERS, json={}, headers=headers)
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["status"] == 502
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]


async def test_a_service_that_does_not_speak_http_is_a_502(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    headers = {"Prefer": "stub=garbage", **gateway.bearer()}
    assert (await client.get(LEARNERS, headers=headers)).status_code == 502


async def test_a_request_is_never_sent_twice_when_the_first_connection_was_new(
    make_gateway: Any, stub: Any
) -> None:
    one = make_gateway()
    await one.start()
    await stub.forget()
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        answer = await client.get(LEARNERS, headers={"Prefer": "stub=cut", **one.bearer()})
    assert answer.status_code == 502
    assert len(await stub.seen()) == 1


async def test_a_get_on_a_dead_kept_connection_is_sent_once_more(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    assert (await client.get(LEARNERS, headers=gateway.bearer())).status_code == 200
    await stub.forget()
    answer = await client.get(LEARNERS, headers={"Prefer": "stub=cut", **gateway.bearer()})
    assert answer.status_code == 502
    assert len(await stub.seen()) == 2  # once on the kept connection, once on a new one


async def test_a_post_on_a_dead_kept_connection_is_not_repeated(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    assert (await client.get(LEARNERS, headers=gateway.bearer())).status_code == 200
    await stub.forget()
    headers = {"Prefer": "stub=cut", **gateway.bearer()}
    assert (await client.post(LEARNERS, json={}, headers=headers)).status_code == 502
    assert len(await stub.seen()) == 1


async def test_a_service_that_is_not_there_is_a_503_with_retry_after(make_gateway: Any) -> None:
    one = make_gateway(upstream_port=9)
    await one.start()
    is_open = re.compile(r'reason="open",service="learner-api"|service="learner-api",reason="open"')
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client, asyncio.timeout(30):
        while not is_open.search(await one.metrics()):  # the breaker opens after three
            answer = await client.get(LEARNERS, headers=one.bearer())
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0


async def test_a_service_that_does_not_answer_in_time_is_a_504(
    make_gateway: Any, stub: Any
) -> None:
    one = make_gateway(GATEWAY_UPSTREAM_ANSWER_SECONDS="0.5")
    await one.start()
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        answer = await client.get(LEARNERS, headers={"Prefer": "stub=hang", **one.bearer()})
    assert answer.status_code == 504
    assert int(answer.headers["retry-after"]) > 0


async def test_an_answer_before_the_end_of_the_upload_reaches_the_client(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"z" * MEGABYTE

    headers = {"Prefer": "stub=early", "Content-Length": str(100 * MEGABYTE), **gateway.bearer()}
    answer = await client.post(UPLOAD, content=parts(), headers=headers)
    assert answer.status_code == 409
    assert answer.headers["connection"] == "close"


async def test_a_stated_length_over_the_limit_is_refused_before_the_service_hears_of_it(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    headers = {"Content-Length": str(65_537), "Expect": "100-continue", **gateway.bearer()}
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /v1/agreements HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer
    writer.close()
    assert await stub.seen() == []


async def test_a_body_that_turns_out_too_long_is_refused(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"z" * 10_000

    answer = await client.post("/v1/agreements", content=parts(), headers=gateway.bearer())
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/payload-too-large"


async def test_continue_is_sent_only_when_the_request_may_go_on(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    bearer = gateway.bearer()["Authorization"]
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(
        f"POST {LEARNERS} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n"
        f"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    interim = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert head.startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_many_requests_at_once_are_each_answered_with_their_own(
    client: httpx.AsyncClient, gateway: Any
) -> None:
    async def one(number: int) -> bool:
        body = f"body {number}".encode() * (number + 1)
        answer = await client.post(UPLOAD, content=body, headers=headers)
        return bool(answer.json()["sha256"] == hashlib.sha256(body).hexdigest())

    headers = gateway.bearer(sub="many-at-once")
    assert all(await asyncio.gather(*(one(number) for number in range(60))))


async def test_the_decision_names_no_path_and_no_query(
    client: httpx.AsyncClient, gateway: Any, stub: Any
) -> None:
    path = "/v1/learners/canary-path-7781?family_name=canary-query-7782"
    headers = {"User-Agent": "canary-agent-7783", **gateway.bearer()}
    await client.get(path, headers=headers)
    await client.get("/v1/nothing/canary-path-7784", headers=headers)
    kept = b"".join(one.read_bytes() for one in gateway.spool.glob("*.spool"))
    texts = kept.decode("latin-1") + gateway.log() + await gateway.metrics()
    assert "get_learner" in texts
    assert "canary" not in texts
    assert json.dumps(await stub.seen())
