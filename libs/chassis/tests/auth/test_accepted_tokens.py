"""What is accepted: good tokens, and the same ones that joserfc and PyJWT accept."""

import asyncio
import json
import random
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from matricula_chassis.auth import (
    Claims,
    KeySet,
    Principal,
    SigningKey,
    TokenRejected,
    TokenSigner,
    TokenVerifier,
    TrustedIssuer,
    VerifyingKey,
)
from matricula_chassis.auth.tokens import BadKey
from matricula_chassis.clock import FixedClock
from matricula_chassis.ids import SystemIds
from matricula_testkit.tokens import TEST_UKPRN, TokenMint, base64url

AUDIENCE = "learner-api"
CLOCK = FixedClock(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
MINT = TokenMint(CLOCK, lifetime=timedelta(minutes=5))
PUBLIC = MINT.key.public_jwk()
BACKENDS = ("jose", "joserfc")


class FixedNow(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return CLOCK.now().astimezone(tz)


@pytest.fixture(scope="module", autouse=True)
def pyjwt_reads_our_clock() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jwt.api_jwt.datetime", FixedNow)
        yield


def verifier_on(backend: str, mint: TokenMint = MINT) -> TokenVerifier:
    keys = KeySet([VerifyingKey(mint.key.public_jwk(), backend=backend)])
    issuer = TrustedIssuer(mint.issuer, keys, max_lifetime=mint.lifetime)
    return TokenVerifier([issuer], clock=CLOCK)


def pyjwt_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = pyjwt.decode(
        token,
        pyjwt.PyJWK(PUBLIC),
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=MINT.issuer,
        leeway=30,
        options={"require": ["exp", "iat", "aud", "iss", "sub", "jti"]},
    )
    return claims


def joserfc_claims(token: str) -> dict[str, Any]:
    return dict(
        joserfc_jwt.decode(token, ECKey.import_key({**PUBLIC}), algorithms=["ES256"]).claims
    )


async def accepted_by_us(verifier: TokenVerifier, token: str) -> Claims | None:
    try:
        return await verifier.verify(token, audience=AUDIENCE)
    except TokenRejected:
        return None


def accepts(read: Callable[[str], dict[str, Any]], token: str) -> bool:
    try:
        read(token)
    except (pyjwt.PyJWTError, JoseError, ValueError):
        return False
    return True


@pytest.mark.parametrize("backend", BACKENDS)
async def test_claims_arrive_as_they_were_sent(backend: str) -> None:
    token = MINT.token(
        audience=AUDIENCE,
        roles=["dpo", "auditor"],
        acr="mfa",
        purpose="sar",
        act={"sub": "sar-service"},
        txn="0197",
        scope="read write",
    )
    claims = await verifier_on(backend).verify(token, audience=AUDIENCE)
    assert (claims.issuer, claims.subject, claims.audience) == (MINT.issuer, "person-1", AUDIENCE)
    assert claims.client_id == "front-end"
    assert claims.roles == {"dpo", "auditor"}
    assert claims.scopes == {"read", "write"}
    assert (claims.acr, claims.purpose, claims.actor) == ("mfa", "sar", "sar-service")
    assert claims.transaction == "0197"
    assert claims.ukprn == TEST_UKPRN
    assert claims.expires_at - claims.issued_at == 300
    assert dict(claims.values) == joserfc_claims(token) == pyjwt_claims(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": MINT.now() + 30},
        {"iat": MINT.now() + 30},
        {"nbf": ...},
        {"ukprn": ...},
        {"ukprn": None},
        {"roles": ...},
        {"act": None},
        {"exp": MINT.now() + 1, "iat": MINT.now()},
        {"sub": "s" * 255},
        {"sub": "Zoë-Ünal"},
        {"note": {"nested": [1, 2.5, None]}},
        {"note": "x" * 5_000},
    ],
    ids=lambda changes: repr(changes)[:40],
)
@pytest.mark.parametrize("backend", BACKENDS)
async def test_borders_of_what_is_allowed_are_accepted(
    backend: str, changes: dict[str, Any]
) -> None:
    token = MINT.token(audience=AUDIENCE, **changes)
    assert await verifier_on(backend).verify(token, audience=AUDIENCE)
    assert joserfc_claims(token)
    assert pyjwt_claims(token)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_longest_header_is_accepted_by_everybody(backend: str) -> None:
    mint = TokenMint(CLOCK, key=SigningKey.generate(key_id="k" * 128))
    header = json.dumps(mint.header()).encode()
    raw = header + b" " * (384 - len(header))
    token = mint.signed(raw, mint.claims(audience=AUDIENCE))
    assert await verifier_on(backend, mint).verify(token, audience=AUDIENCE)
    key = ECKey.import_key({**mint.key.public_jwk()})
    assert joserfc_jwt.decode(token, key, algorithms=["ES256"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    sub=st.one_of(st.text(max_size=300), json_values),
    aud=st.sampled_from([AUDIENCE, "other", [AUDIENCE], None, 1]),
    exp=st.one_of(st.integers(-400, 400).map(lambda s: MINT.now() + s), json_values),
    iat=st.one_of(st.integers(-400, 400).map(lambda s: MINT.now() + s), json_values),
    roles=st.one_of(st.lists(st.text(max_size=5), max_size=4), json_values),
    extra=st.dictionaries(st.text(max_size=8), json_values, max_size=3),
)
def test_whatever_we_accept_other_libraries_accept(
    *, sub: object, aud: object, exp: object, iat: object, roles: object, extra: dict[str, Any]
) -> None:
    changes = {**extra, "sub": sub, "aud": aud, "exp": exp, "iat": iat, "roles": roles}
    claims = {**MINT.claims(audience=AUDIENCE), **changes}
    token = MINT.signed(MINT.header(), claims)

    async def both() -> list[Claims | None]:
        return [await accepted_by_us(verifier_on(backend), token) for backend in BACKENDS]

    ours, by_exit = asyncio.run(both())
    assert ours == by_exit
    if ours is not None:
        assert accepts(joserfc_claims, token)
        assert accepts(pyjwt_claims, token)


MUTATIONS = 20_000


class Mutator:
    """Changes tokens at random: letters, bytes, members, segments; sometimes signed anew."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._good = [
            MINT.token(audience=AUDIENCE, roles=["auditor"]),
            MINT.token(audience=AUDIENCE, scope="read", acr="mfa"),
            MINT.service_token(audience=AUDIENCE, client_id="event-log"),
        ]
        self._ways: list[Callable[[str], str]] = [
            self._letter, self._bit, self._member, self._segment, self._resigned, self._resigned,
        ]  # fmt: skip

    def token(self) -> str:
        token = self._random.choice(self._good)
        for _ in range(self._random.choice((1, 1, 1, 2))):
            if token.count(".") == 2:
                token = self._random.choice(self._ways)(token)
        return token

    def _letter(self, token: str) -> str:
        at = self._random.randrange(len(token))
        new = self._random.choice(("", "A", "_", "-", "=", ".", "+", " ", "\n", "é", token[at] * 2))
        return token[:at] + new + token[at + 1 :]

    def _bit(self, token: str) -> str:
        segments = token.split(".")
        index = self._random.randrange(3)
        raw = bytearray(self._decoded(segments[index]))
        if raw:
            raw[self._random.randrange(len(raw))] ^= 1 << self._random.randrange(8)
        segments[index] = base64url(bytes(raw))
        return ".".join(segments)

    def _member(self, token: str) -> str:
        header, payload, signature = token.split(".")
        return ".".join((*self._changed(header, payload), signature))

    def _segment(self, token: str) -> str:
        segments = token.split(".")
        other = self._random.choice(self._good).split(".")
        index = self._random.randrange(3)
        segments[index] = self._random.choice(("", other[index], segments[0], segments[index][1:]))
        return ".".join(segments)

    def _resigned(self, token: str) -> str:
        header, payload, _ = token.split(".")
        header, payload = self._changed(header, payload)
        return MINT.signed(self._decoded(header), self._decoded(payload))

    def _changed(self, header: str, payload: str) -> tuple[str, str]:
        segments = [header, payload]
        index = self._random.randrange(2)
        try:
            members = json.loads(self._decoded(segments[index]))
            name = self._random.choice([*members, "crit", "cnf", "b64", "jku", "nbf"])
        except (ValueError, TypeError, IndexError):
            return header, payload
        value = members.get(name, 0)
        now = MINT.now()
        members[name] = self._random.choice(
            (None, [], {}, 0, -1, 1.5, "", "none", "HS256", value, [value], str(value), now,
             now + 10, now + 29, now - 5, now + 10**9, "x" * self._random.choice((3, 300, 9_000)))
        )  # fmt: skip
        if self._random.random() < 0.3:
            members.pop(name, None)
        text = json.dumps(members)
        if self._random.random() < 0.2:
            text = text[:-1] + f', "{name}": {json.dumps(value)}}}'
        segments[index] = base64url(text.encode())
        return segments[0], segments[1]

    @staticmethod
    def _decoded(segment: str) -> bytes:
        try:
            return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        except ValueError:
            return b""


async def test_no_mutated_token_is_accepted_here_and_refused_elsewhere() -> None:
    mutator = Mutator(seed=20_260_314)
    verifiers = [verifier_on(backend) for backend in BACKENDS]
    seen: Counter[str] = Counter()
    for _ in range(MUTATIONS):
        token = mutator.token()
        ours, by_exit = [await accepted_by_us(one, token) for one in verifiers]
        assert ours == by_exit
        seen["accepted" if ours else "refused"] += 1
        if ours is not None:
            assert accepts(joserfc_claims, token)
            assert accepts(pyjwt_claims, token)
    # The mutations reach both sides of the border, or they would prove nothing.
    assert seen["accepted"] > 500
    assert seen["refused"] > 10_000


@pytest.mark.parametrize("backend", BACKENDS)
async def test_what_we_sign_is_verified_by_everybody(backend: str) -> None:
    key = SigningKey.generate(key_id="gateway-1")
    signer = TokenSigner(
        key, issuer="matricula-gateway", clock=CLOCK, ids=SystemIds(), backend=backend
    )
    stated = {
        "sub": "person-1",
        "client_id": "front-end",
        "ukprn": TEST_UKPRN,
        "roles": ["auditor", "dpo"],
        "purpose": "sar",
        "acr": "mfa",
        "act": {"sub": "sar-service"},
        "txn": "0197",
    }
    token = signer.sign(stated, audience=AUDIENCE)
    for other in BACKENDS:
        issuer = TrustedIssuer(
            "matricula-gateway",
            KeySet.from_jwks({"keys": [key.public_jwk()]}, backend=other),
            max_lifetime=timedelta(seconds=60),
            requires_not_before=True,
        )
        claims = await TokenVerifier([issuer], clock=CLOCK).verify(token, audience=AUDIENCE)
        assert claims.expires_at - claims.issued_at == 60
        assert Principal.from_claims(claims, correlation_id="0197") == Principal(
            subject="sar-service",
            client_id="front-end",
            ukprn=TEST_UKPRN,
            roles=frozenset({"auditor", "dpo"}),
            purpose="sar",
            acr="mfa",
            acting_for="person-1",
            correlation_id="0197",
            token_id=claims.token_id,
        )
    decoded = pyjwt.decode(
        token, pyjwt.PyJWK(key.public_jwk()), algorithms=["ES256"], audience=AUDIENCE
    )
    assert stated.items() <= decoded.items()


async def test_each_token_has_its_own_id() -> None:
    key = SigningKey.generate(key_id="k")
    signer = TokenSigner(key, issuer="i", clock=CLOCK, ids=SystemIds())
    tokens = [signer.sign({"sub": "a"}, audience=AUDIENCE) for _ in range(50)]
    assert len({json.loads(Mutator._decoded(one.split(".")[1]))["jti"] for one in tokens}) == 50


def test_absent_members_are_left_out_of_a_signed_token() -> None:
    signer = TokenSigner(SigningKey.generate(key_id="k"), issuer="i", clock=CLOCK, ids=SystemIds())
    token = signer.sign({"sub": "a", "purpose": None}, audience=AUDIENCE)
    claims = json.loads(Mutator._decoded(token.split(".")[1]))
    assert set(claims) == {"sub", "iss", "aud", "iat", "nbf", "exp", "jti"}


def test_the_public_half_of_a_key_has_no_private_part() -> None:
    public = SigningKey.generate(key_id="now").public_jwk()
    assert set(public) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_a_signing_key_is_on_p256() -> None:
    with pytest.raises(BadKey):
        SigningKey(ec.generate_private_key(ec.SECP384R1()), key_id="k")


def test_the_exit_is_one_setting_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BACKENDS:
        monkeypatch.setenv("TOKEN_BACKEND", name)
        key = VerifyingKey(PUBLIC)
        assert key.holds(MINT.token(audience=AUDIENCE))
        assert type(key._backend).__name__.lower().endswith(name)
    monkeypatch.setenv("TOKEN_BACKEND", "pyjwt")
    with pytest.raises(ValueError, match="TOKEN_BACKEND"):
        VerifyingKey(PUBLIC)


def test_python_jose_without_its_cryptography_backend_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ECDSAECKey:
        """Stands for the pure-Python backend that python-jose falls back to."""

    monkeypatch.setattr("jose.backends.ECKey", ECDSAECKey)
    with pytest.raises(RuntimeError, match="cryptography"):
        VerifyingKey(PUBLIC, backend="jose")
