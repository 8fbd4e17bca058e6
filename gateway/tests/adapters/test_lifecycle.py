"""Keys that change, an issuer that is away, a process that is killed or told to stop."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
import pytest_asyncio

from matricula_chassis.auth.tokens import SigningKey
from matricula_chassis.clock import SystemClock
from matricula_gateway.adapters.events.frames import MAGIC, read_frames, segments
from matricula_testkit.tokens import TokenMint

LEARNERS = "/v1/learners"


@pytest_asyncio.fixture
async def own_issuer(issuer: Any) -> AsyncIterator[Any]:
    """An issuer that a test may hurt."""
    one = type(issuer)()
    await one.start()
    yield one
    await one.stop()


async def status(client: httpx.AsyncClient, token: str) -> int:
    answer = await client.get(LEARNERS, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def mint_of(issuer: Any) -> TokenMint:
    key = SigningKey.generate(key_id=f"next-{uuid4().hex[:8]}")
    return TokenMint(SystemClock(), issuer=issuer.url, key=key, lifetime=timedelta(minutes=5))


async def test_the_issuer_s_keys_rotate_and_it_goes_away_and_good_tokens_never_notice(
    make_gateway: Any, own_issuer: Any
) -> None:
    one = make_gateway()
    one.issuer = own_issuer
    await one.start()
    new = mint_of(own_issuer)
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        began = one_token(own_issuer.mint, "a")
        assert await status(client, began) == 200
        await flood_with_unknown_keys(client, own_issuer)
        await rotate_in_order(client, own_issuer, new)
        assert await status(client, began) == 200
        await take_the_old_key_away(client, own_issuer, new)
        assert await status(client, began) == 401
        await be_away(client, own_issuer, new)
        ready = await client.get(f"{one.internal_url}/readyz")
        assert ready.status_code == 200


async def flood_with_unknown_keys(client: httpx.AsyncClient, issuer: Any) -> None:
    """Made-up key ids cost at most one fetch in ten seconds and hurt nobody."""
    fetches, began = issuer.fetches, time.monotonic()
    stranger = mint_of(issuer)
    for number in range(300):
        token = stranger.signed(
            stranger.header(kid=f"made-up-{number}"),
            stranger.claims(audience="matricula-gateway", roles=["dpo"]),
        )
        assert await status(client, token) == 401
        if number % 50 == 0:
            assert await status(client, one_token(issuer.mint, f"flood-{number}")) == 200
    assert issuer.fetches - fetches <= 1 + (time.monotonic() - began) / 10


async def rotate_in_order(client: httpx.AsyncClient, issuer: Any, new: TokenMint) -> None:
    """Publish the new key first and use it afterwards: nobody is refused."""
    issuer.jwks = {"keys": [*issuer.mint.jwks["keys"], *new.jwks["keys"]]}
    await fetched_again(issuer)
    await answered(client, one_token(new, "first"), 200)
    for number in range(20):
        assert await status(client, one_token(new, f"new-{number}")) == 200
        assert await status(client, one_token(issuer.mint, f"old-{number}")) == 200


async def take_the_old_key_away(client: httpx.AsyncClient, issuer: Any, new: TokenMint) -> None:
    """A key that was taken away is believed no longer, not even for tokens seen before."""
    issuer.jwks = new.jwks
    await fetched_again(issuer)
    await answered(client, one_token(issuer.mint, "b"), 401)
    assert await status(client, one_token(new, "c")) == 200


async def be_away(client: httpx.AsyncClient, issuer: Any, new: TokenMint) -> None:
    """While the issuer is away, what it issued goes on, also tokens that were not seen before."""
    kept, unseen = one_token(new, "kept"), one_token(new, "unseen")
    await issuer.stop()
    for _ in range(12):  # longer than the key set counts as fresh
        assert await status(client, kept) == 200
        await asyncio.sleep(1)
    assert await status(client, unseen) == 200


def one_token(mint: TokenMint, subject: str) -> str:
    return mint.token(audience="matricula-gateway", roles=["dpo"], sub=subject)


async def fetched_again(issuer: Any) -> None:
    """Wait until the key set was asked for; what came of it shows a moment later."""
    before = issuer.fetches
    async with asyncio.timeout(60):
        while issuer.fetches == before:  # noqa: ASYNC110 - another process fetches
            await asyncio.sleep(0.1)


async def answered(client: httpx.AsyncClient, token: str, wanted: int) -> None:
    """Wait until the gateway answers so; it is reading the key set that it has fetched."""
    async with asyncio.timeout(30):
        while await status(client, token) != wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_an_issuer_that_was_never_there_is_a_503_and_not_a_401(
    make_gateway: Any, own_issuer: Any
) -> None:
    await own_issuer.stop()
    one = make_gateway()
    one.issuer = own_issuer
    starting = asyncio.ensure_future(one.start())
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        answer = None
        async with asyncio.timeout(60):
            while answer is None:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.get(LEARNERS, headers=one.bearer())
                await asyncio.sleep(0.1)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert not starting.done()  # it is not ready
        await own_issuer.start()
        await starting
        assert (await client.get(LEARNERS, headers=one.bearer())).status_code == 200


async def test_the_gateway_s_own_key_rotates_while_it_runs(make_gateway: Any) -> None:
    one = make_gateway()
    await one.start()
    rotate = [sys.executable, "-m", "matricula_gateway", "rotate-keys"]
    before = await own_keys(one)
    done = await asyncio.to_thread(
        subprocess.run, rotate, env=one.environment, check=True, stdout=subprocess.DEVNULL
    )
    assert done.returncode == 0
    async with asyncio.timeout(30):
        while len(await own_keys(one)) < 2:  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.1)
    assert before < await own_keys(one)
    async with httpx.AsyncClient(base_url=one.url) as client:
        assert (await client.get(LEARNERS, headers=one.bearer())).status_code == 200


async def own_keys(one: Any) -> set[str]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{one.internal_url}/.well-known/jwks.json")
    return {key["kid"] for key in answer.json()["keys"]}


async def test_kill_9_under_load_loses_no_decision_whose_answer_was_seen(
    make_gateway: Any,
) -> None:
    one = make_gateway()
    await one.start()
    answered: list[str] = []

    async def worker(number: int) -> None:
        headers = one.bearer(sub=f"worker-{number}")
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
                while True:
                    answer = await client.get(LEARNERS, headers=headers)
                    answered.append(answer.headers["x-correlation-id"])

    workers = [asyncio.ensure_future(worker(number)) for number in range(8)]
    async with asyncio.timeout(60):
        while len(answered) < 400:  # noqa: ASYNC110 - the workers count
            await asyncio.sleep(0.01)
    one.kill(signal.SIGKILL)
    await asyncio.gather(*workers)
    kept = correlations(one)
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept))

    await one.start()  # the same spool, the same keys
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        assert (await client.get(LEARNERS, headers=one.bearer())).status_code == 200
    assert len(correlations(one)) == len(kept) + 1


def correlations(one: Any) -> list[str]:
    found = []
    for segment in segments(one.spool):
        for payload, _ in read_frames(segment.path.read_bytes(), len(MAGIC)):
            found.append(orjson.loads(payload)["correlation_id"])
    return found


@dataclass
class Visitors:
    """Clients that ask again and again, and one that uploads; none may be refused."""

    gateway: Any
    is_stopping: bool = False
    answered: int = 0
    told_to_close: int = 0
    is_uploading: bool = False

    async def ask_until_it_is_gone(self, number: int) -> None:
        headers = self.gateway.bearer(sub=f"worker-{number}")
        async with httpx.AsyncClient(base_url=self.gateway.url, timeout=30) as client:
            while True:
                try:
                    answer = await client.get(LEARNERS, headers=headers)
                except httpx.ConnectError:
                    assert self.is_stopping
                    return
                except (httpx.NetworkError, httpx.RemoteProtocolError):
                    # Of all answers one may be missing: the kernel had made the connection, and
                    # the listener was closed before the gateway took it over.
                    assert self.is_stopping
                    with pytest.raises(httpx.ConnectError):
                        await client.get(LEARNERS, headers=headers)
                    return
                assert answer.status_code == 200
                self.told_to_close += answer.headers.get("connection") == "close"
                self.answered += 1

    async def upload(self) -> int:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"z" * 10_000
                self.is_uploading = True
                await asyncio.sleep(0.1)

        headers = self.gateway.bearer(sub="uploader")
        async with httpx.AsyncClient(base_url=self.gateway.url, timeout=30) as client:
            answer = await client.post("/v1/submissions", content=parts(), headers=headers)
        assert answer.status_code == 200
        return int(answer.json()["received"])


async def test_sigterm_finishes_what_runs_and_refuses_nobody_who_is_connected(
    make_gateway: Any,
) -> None:
    one = make_gateway(GATEWAY_LINGER_SECONDS="1", GATEWAY_DRAIN_SECONDS="30")
    await one.start()
    visitors = Visitors(one)
    asking = [asyncio.ensure_future(visitors.ask_until_it_is_gone(number)) for number in range(4)]
    uploading = asyncio.ensure_future(visitors.upload())
    async with asyncio.timeout(30):
        while visitors.answered <= 20 or not visitors.is_uploading:  # noqa: ASYNC110 - they count
            await asyncio.sleep(0.01)
    visitors.is_stopping = True
    one.process.send_signal(signal.SIGTERM)
    await no_longer_ready(one)
    assert await uploading == 200_000
    await asyncio.gather(*asking)
    assert await asyncio.to_thread(one.process.wait, 60) == 0
    assert visitors.told_to_close > 0  # while the listener was still there


async def no_longer_ready(one: Any) -> None:
    """Wait until the gateway says that it is not ready, or says nothing any more."""
    async with httpx.AsyncClient(timeout=20) as client, asyncio.timeout(30):
        with contextlib.suppress(httpx.NetworkError, httpx.RemoteProtocolError):
            readyz = f"{one.internal_url}/readyz"
            while (ready := await client.get(readyz)).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            assert ready.status_code == 503


async def test_sigterm_ends_endless_streams_in_time(make_gateway: Any, stub: Any) -> None:
    one = make_gateway(GATEWAY_LINGER_SECONDS="0.1", GATEWAY_DRAIN_SECONDS="3")
    await one.start()
    headers = {"Prefer": "stub=events", **one.bearer()}
    async with httpx.AsyncClient(base_url=one.url, timeout=20) as client:
        with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
            async with client.stream("GET", "/v1/submissions/1/events", headers=headers) as answer:
                assert one.process is not None
                one.process.send_signal(signal.SIGTERM)
                async for _ in answer.aiter_raw():
                    pass
    assert one.process is not None
    assert await asyncio.to_thread(one.process.wait, 60) == 0
    assert "request.failed" not in one.log()


async def test_a_key_file_that_others_may_read_stops_the_start(make_gateway: Any) -> None:
    one = make_gateway()
    (one.directory / "keys.json").write_text('{"keys": []}')
    (one.directory / "keys.json").chmod(0o644)
    command = [sys.executable, "-m", "matricula_gateway", "serve"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=one.environment, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"GATEWAY_KEY_FILE" in done.stderr
