"""Key sets: fetched seldom, never lost, never from where they must not come from."""
# lint-skip: file-size the life of one key set, told through one issuer that misbehaves in every way

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from matricula_chassis.auth import (
    DiscoveredJwks,
    IssuerUnreachable,
    JwksAddress,
    KeySet,
    Reason,
    RemoteKeySet,
    SigningKey,
    TokenCache,
    TokenRejected,
    TokenVerifier,
    TrustedIssuer,
    VerifyingKey,
)
from matricula_chassis.auth.tokens import BadKey
from matricula_chassis.clock import FixedClock
from matricula_testkit.tokens import OIDC_ISSUER, TokenMint

AUDIENCE = "learner-api"
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


class Published:
    """An issuer's key set as a KeySetFetch: what it holds, how it fails, how often it is asked."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.fetches = 0
        self.is_down = False
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> Mapping[str, Any]:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.is_down:
            raise IssuerUnreachable("connection failed")
        await asyncio.sleep(0)
        return {"keys": [key.public_jwk() for key in self.keys]}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


def key(name: str) -> SigningKey:
    return SigningKey.generate(key_id=name)


async def test_nothing_is_fetched_before_the_first_token_and_once_for_it(
    clock: FixedClock,
) -> None:
    published = Published(key("a"))
    keys = RemoteKeySet(published, clock=clock)
    assert published.fetches == 0
    for _ in range(3):
        assert await keys.find("a")
    assert published.fetches == 1


async def test_all_who_wait_share_one_fetch(clock: FixedClock) -> None:
    published = Published(key("a"))
    published.gate = asyncio.Event()
    keys = RemoteKeySet(published, clock=clock)
    waiting = [asyncio.ensure_future(keys.find("a")) for _ in range(50)]
    await asyncio.sleep(0)
    published.gate.set()
    assert all(await asyncio.gather(*waiting))
    assert published.fetches == 1


async def test_whoever_gives_up_waiting_does_not_end_the_fetch_for_others(
    clock: FixedClock,
) -> None:
    published = Published(key("a"))
    published.gate = asyncio.Event()
    keys = RemoteKeySet(published, clock=clock)
    first = asyncio.ensure_future(keys.find("a"))
    second = asyncio.ensure_future(keys.find("a"))
    await asyncio.sleep(0)
    first.cancel()
    published.gate.set()
    assert await second
    assert published.fetches == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_ten_thousand_random_key_ids_cause_one_fetch_in_ten_seconds(
    clock: FixedClock,
) -> None:
    mint = TokenMint(clock, key=key("good"))
    published = Published(mint.key)
    keys = RemoteKeySet(published, clock=clock)
    issuer = TrustedIssuer(mint.issuer, keys, max_lifetime=mint.lifetime)
    verifier = TokenVerifier([issuer], clock=clock)
    noise = random.Random(1)  # noqa: S311 - repeatable on purpose
    await verifier.verify(mint.token(audience=AUDIENCE), audience=AUDIENCE)
    seconds = 40
    for number in range(10_000):
        if number % (10_000 // seconds) == 0:
            clock.advance(timedelta(seconds=1))
        flood = mint.signed(mint.header(kid=f"{noise.random()}"), {"iss": mint.issuer})
        with pytest.raises(TokenRejected) as refused:
            await verifier.verify(flood, audience=AUDIENCE)
        assert refused.value.reason is Reason.UNKNOWN_KEY
        if number % 100 == 0:
            assert await verifier.verify(mint.token(audience=AUDIENCE), audience=AUDIENCE)
    assert 3 <= published.fetches <= 1 + seconds // 10
    assert len(keys._missing) <= 1_024


async def test_a_failed_fetch_never_takes_good_keys_away(clock: FixedClock) -> None:
    published = Published(key("a"))
    keys = RemoteKeySet(published, clock=clock)
    assert await keys.find("a")
    published.is_down = True
    for _ in range(20):
        clock.advance(timedelta(hours=1))
        assert await keys.find("a")
        assert await keys.find("unknown") is None
    assert published.fetches > 10


async def test_an_empty_or_useless_set_counts_as_a_failed_fetch(clock: FixedClock) -> None:
    published = Published(key("a"))
    keys = RemoteKeySet(published, clock=clock)
    assert await keys.find("a")
    published.keys = []
    clock.advance(timedelta(minutes=11))
    assert await keys.find("a")


async def test_without_any_key_set_the_refusal_says_that_the_issuer_is_away(
    clock: FixedClock,
) -> None:
    published = Published(key("a"))
    published.is_down = True
    keys = RemoteKeySet(published, clock=clock)
    for _ in range(5):
        with pytest.raises(TokenRejected) as refused:
            await keys.find("a")
        assert refused.value.reason is Reason.KEYS_UNAVAILABLE
        assert refused.value.is_outage
    assert published.fetches == 1
    published.is_down = False
    clock.advance(timedelta(seconds=1))
    assert await keys.find("a")


async def test_an_id_that_is_not_there_is_remembered_for_a_minute(clock: FixedClock) -> None:
    published = Published(key("a"))
    keys = RemoteKeySet(published, clock=clock)
    assert await keys.find("a")
    clock.advance(timedelta(seconds=10))
    assert await keys.find("b") is None
    assert published.fetches == 2
    clock.advance(timedelta(seconds=59))
    assert await keys.find("b") is None
    assert published.fetches == 2
    published.keys.append(key("b"))
    clock.advance(timedelta(seconds=1))
    assert await keys.find("b")
    assert published.fetches == 3


async def test_only_so_many_missing_ids_are_remembered(clock: FixedClock) -> None:
    keys = RemoteKeySet(Published(key("a")), clock=clock, min_interval=timedelta(0))
    for number in range(1_100):
        assert await keys.find(f"unknown-{number}") is None
    assert len(keys._missing) == 1_024


async def test_a_known_key_is_answered_at_once_while_an_old_set_is_fetched_beside(
    clock: FixedClock,
) -> None:
    published = Published(key("a"))
    keys = RemoteKeySet(published, clock=clock)
    assert await keys.find("a")
    published.gate = asyncio.Event()
    clock.advance(timedelta(minutes=6))
    assert await asyncio.wait_for(keys.find("a"), timeout=30)
    await asyncio.sleep(0)
    assert published.fetches == 2
    published.gate.set()
    await keys.refresh()
    assert published.fetches == 2


async def test_a_withdrawn_key_is_not_honoured_after_a_long_silence(clock: FixedClock) -> None:
    published = Published(key("a"), key("b"))
    keys = RemoteKeySet(published, clock=clock)
    assert await keys.find("a")
    published.keys = published.keys[1:]
    clock.advance(timedelta(days=1))
    assert await keys.find("a") is None
    assert await keys.find("b")


@pytest.mark.parametrize("published_when", ["before use", "with the first use"])
async def test_rotation_under_load_refuses_no_good_token(
    clock: FixedClock, published_when: str
) -> None:
    """Eight clients, a rotation each half minute, tokens of the old key still in use."""
    published = Published(key("k0"))
    keys = RemoteKeySet(published, clock=clock)
    mints = [TokenMint(clock, issuer=OIDC_ISSUER, key=published.keys[0])]
    issuer = TrustedIssuer(OIDC_ISSUER, keys, max_lifetime=mints[0].lifetime)
    verifier = TokenVerifier([issuer], clock=clock, cache=TokenCache())

    async def client() -> int:
        verified = 0
        for _ in range(20):
            for mint in mints[-2:]:
                assert await verifier.verify(mint.token(audience=AUDIENCE), audience=AUDIENCE)
                verified += 1
            await asyncio.sleep(0)
        return verified

    for number in range(1, 11):
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(client())
        clock.advance(timedelta(seconds=30))
        fresh = key(f"k{number}")
        published.keys.append(fresh)
        if published_when == "before use":
            await keys.refresh()
        mints.append(TokenMint(clock, issuer=OIDC_ISSUER, key=fresh))
    assert published.fetches <= 11


async def test_closing_ends_a_fetch_under_way(clock: FixedClock) -> None:
    published = Published(key("a"))
    published.gate = asyncio.Event()
    keys = RemoteKeySet(published, clock=clock)
    waiting = asyncio.ensure_future(keys.find("a"))
    await asyncio.sleep(0)
    await keys.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await keys.aclose()


GOOD = SigningKey.generate(key_id="good").public_jwk()


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "RSA"},
        {"kty": "oct", "k": "AAAA"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"use": "enc"},
        {"d": "AAAA"},
        {"kid": None},
        {"kid": 7},
        pytest.param({"x": GOOD["x"][:-1]}, id="x is too short"),  # a key of this run: no such id
        {"x": "A" * 43},
        pytest.param({"y": GOOD["x"]}, id="y is x"),
        {"x": 7},
        {"x": "*" * 43},
    ],
    ids=repr,
)
@pytest.mark.parametrize("backend", ["jose", "joserfc"])
def test_only_p256_signing_keys_become_keys(backend: str, changes: dict[str, Any]) -> None:
    assert VerifyingKey(GOOD, backend=backend)
    with pytest.raises(BadKey):
        VerifyingKey({**GOOD, **changes}, backend=backend)


def test_foreign_keys_in_a_set_are_passed_over() -> None:
    keys = KeySet.from_jwks(
        {"keys": [{"kty": "RSA", "kid": "r"}, GOOD, {**GOOD, "kid": "k" * 129}]}
    )
    assert len(keys) == 1
    assert keys.get("good")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": ["x"]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [GOOD, GOOD]},
        {"keys": [GOOD] * 65},
    ],
    ids=lambda document: repr(document)[:30],
)
def test_a_document_that_is_no_key_set_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(IssuerUnreachable):
        KeySet.from_jwks(document)


def answering(handler: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.test/jwks",
        "http://127.0.0.1.issuer.test/jwks",
        "http://10.0.0.1/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///etc/passwd",
        "https://user:secret@issuer.test/jwks",
        "//issuer.test/jwks",
        "",
    ],
)
def test_a_key_set_comes_over_https_or_from_this_machine(url: str) -> None:
    for fine in ("https://issuer.test/jwks", "http://127.0.0.1:1/jwks", "http://[::1]/jwks",
                 "http://localhost:8090/jwks"):  # fmt: skip
        JwksAddress(fine, client=answering(lambda _request: httpx.Response(200)))
    with pytest.raises(IssuerUnreachable):
        JwksAddress(url, client=answering(lambda _request: httpx.Response(200)))


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65_536


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "https://elsewhere.test/"}, json={"keys": [GOOD]}),
        httpx.Response(404),
        httpx.Response(500),
        httpx.Response(204),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text="[]"),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(200, content=endless()),
    ],
    ids=["redirect", "404", "500", "204", "html", "list", "deep", "endless"],
)
async def test_an_answer_that_is_no_document_is_refused(answer: httpx.Response) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer

    async with answering(handler) as client:
        with pytest.raises(IssuerUnreachable):
            await JwksAddress("https://issuer.test/jwks", client=client)()
    assert asked == ["https://issuer.test/jwks"]


async def test_a_silent_issuer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3_600)
        return httpx.Response(200)

    monkeypatch.setattr("matricula_chassis.auth.metadata.FETCH_SECONDS", 0.01)
    async with answering(silent) as client:
        with pytest.raises(IssuerUnreachable) as refused:
            await JwksAddress("https://issuer.test/jwks", client=client)()
    assert refused.value.fault == "time is over"


def provider(*, issuer: str, jwks_uri: str, well_known: str) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == well_known:
            return httpx.Response(200, json={"issuer": issuer, "jwks_uri": jwks_uri})
        if str(request.url) == jwks_uri:
            return httpx.Response(200, json={"keys": [GOOD]})
        return httpx.Response(404)

    return handler


@pytest.mark.parametrize(
    ("issuer", "well_known"),
    [
        ("https://issuer.test", "/.well-known/oauth-authorization-server"),
        ("https://issuer.test", "/.well-known/openid-configuration"),
        ("https://issuer.test/realms/x", "/.well-known/oauth-authorization-server/realms/x"),
        ("https://issuer.test/realms/x", "/realms/x/.well-known/openid-configuration"),
    ],
)
async def test_metadata_is_found_where_either_standard_puts_it(
    issuer: str, well_known: str
) -> None:
    handler = provider(issuer=issuer, jwks_uri="https://keys.test/jwks", well_known=well_known)
    async with answering(handler) as client:
        assert (await DiscoveredJwks(issuer, client=client)())["keys"] == [GOOD]


@pytest.mark.parametrize(
    ("named", "jwks_uri"),
    [
        ("https://issuer.test/", "https://issuer.test/jwks"),
        ("https://ISSUER.test", "https://issuer.test/jwks"),
        ("https://issuer.test", "http://issuer.test/jwks"),
        ("https://issuer.test", "http://169.254.169.254/latest"),
        ("https://issuer.test", 7),
        ("https://issuer.test", "https://issuer.test/absent"),
    ],
)
async def test_metadata_of_another_issuer_or_with_a_bad_address_is_refused(
    named: str, jwks_uri: str
) -> None:
    handler = provider(
        issuer=named, jwks_uri=jwks_uri, well_known="/.well-known/oauth-authorization-server"
    )

    def absent(request: httpx.Request) -> httpx.Response:
        answer: httpx.Response = handler(request)
        return httpx.Response(404) if request.url.path == "/absent" else answer

    async with answering(absent) as client:
        with pytest.raises(IssuerUnreachable):
            await DiscoveredJwks("https://issuer.test", client=client)()
