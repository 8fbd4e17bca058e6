"""Every bad token is refused by the check that is meant to refuse it, on both backends."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from matricula_chassis.auth import (
    KeySet,
    Reason,
    TokenRejected,
    TokenVerifier,
    TrustedIssuer,
    VerifyingKey,
)
from matricula_chassis.auth.rejection import TOKENS_REJECTED
from matricula_chassis.clock import FixedClock
from matricula_testkit.bad_tokens import BadToken, bad_tokens
from matricula_testkit.tokens import TokenMint

AUDIENCE = "learner-api"
CLOCK = FixedClock(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
MINT = TokenMint(CLOCK)
BAD = bad_tokens(MINT, audience=AUDIENCE)
BACKENDS = ("jose", "joserfc")


def verifier_on(backend: str, mint: TokenMint = MINT) -> TokenVerifier:
    keys = KeySet([VerifyingKey(mint.key.public_jwk(), backend=backend)])
    issuer = TrustedIssuer(mint.issuer, keys, max_lifetime=mint.lifetime)
    return TokenVerifier([issuer], clock=CLOCK)


def test_the_list_is_long_and_reaches_every_check() -> None:
    assert len(BAD) >= 60
    assert len({one.name for one in BAD}) == len(BAD)
    reached = {one.reason for one in BAD}
    assert set(Reason) - reached == {Reason.KEYS_UNAVAILABLE}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_a_bad_token_is_refused_for_its_own_reason(bad: BadToken, backend: str) -> None:
    with pytest.raises(TokenRejected) as refused:
        await verifier_on(backend).verify(bad.token, audience=AUDIENCE)
    assert refused.value.reason is bad.reason
    assert str(refused.value) == "token rejected"


async def test_each_refusal_is_counted_under_its_step() -> None:
    def counted() -> Counter[str]:
        [metric] = TOKENS_REJECTED.collect()
        return Counter(
            {
                sample.labels["reason"]: int(sample.value)
                for sample in metric.samples
                if sample.name.endswith("_total")
            }
        )

    before = counted()
    verifier = verifier_on("jose")
    for bad in BAD:
        with pytest.raises(TokenRejected):
            await verifier.verify(bad.token, audience=AUDIENCE)
    assert counted() - before == Counter(bad.reason.code for bad in BAD)


def test_the_steps_stand_in_the_order_in_which_they_are_written() -> None:
    steps = [reason.step for reason in Reason]
    assert steps == sorted(steps)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_of_two_faults_the_earlier_check_speaks(backend: str) -> None:
    """A token that fails at a step and at every later one is refused at that step."""
    now = MINT.now()
    changes: list[tuple[Reason, dict[str, object], dict[str, object]]] = [
        (Reason.HEADER_MEMBER, {"crit": ["x"]}, {}),
        (Reason.TYPE, {"typ": "JWT"}, {}),
        (Reason.ALGORITHM, {"alg": "none"}, {}),
        (Reason.ISSUER, {}, {"iss": "https://elsewhere.test"}),
        (Reason.UNKNOWN_KEY, {"kid": "unknown"}, {}),
        (Reason.CLAIM_MISSING, {}, {"jti": ...}),
        (Reason.CLAIM_TYPE, {}, {"ukprn": "1"}),
        (Reason.AUDIENCE, {}, {"aud": "other"}),
        (Reason.EXPIRED, {}, {"exp": now - 1}),
        (Reason.NOT_YET_VALID, {}, {"nbf": now + 60}),
        (Reason.ISSUED_IN_FUTURE, {}, {"iat": now + 60}),
        (Reason.IDENTITY, {}, {"sub": ""}),
        (Reason.KEY_BINDING, {}, {"cnf": {}}),
        (Reason.SCOPE, {}, {"scope": ""}),
    ]
    for start, (reason, _, _) in enumerate(changes):
        header: dict[str, object] = {}
        claims: dict[str, object] = {}
        for _, header_change, claim_change in changes[start:]:
            header |= header_change
            claims |= claim_change
        token = MINT.signed(MINT.header(**header), MINT.claims(audience=AUDIENCE, **claims))
        with pytest.raises(TokenRejected) as refused:
            await verifier_on(backend).verify(token, audience=AUDIENCE)
        assert refused.value.reason is reason


@pytest.mark.parametrize("backend", BACKENDS)
async def test_nbf_is_required_where_the_issuer_always_sets_it(backend: str) -> None:
    keys = KeySet([VerifyingKey(MINT.key.public_jwk(), backend=backend)])
    strict = TokenVerifier(
        [TrustedIssuer(MINT.issuer, keys, max_lifetime=MINT.lifetime, requires_not_before=True)],
        clock=CLOCK,
    )
    token = MINT.token(audience=AUDIENCE, nbf=...)
    assert (await verifier_on(backend).verify(token, audience=AUDIENCE)).not_before is None
    with pytest.raises(TokenRejected) as refused:
        await strict.verify(token, audience=AUDIENCE)
    assert refused.value.reason is Reason.CLAIM_MISSING


async def test_keys_are_kept_apart_by_issuer() -> None:
    """A key of one trusted issuer must not vouch for another, even under the same key id."""
    other = TokenMint(CLOCK, issuer="https://issuer.test", lifetime=timedelta(minutes=5))
    verifier = TokenVerifier([MINT.trusted(), other.trusted()], clock=CLOCK)
    forged = other.signed(
        MINT.header(kid=other.key.key_id), other.claims(audience=AUDIENCE, iss=MINT.issuer)
    )
    with pytest.raises(TokenRejected) as refused:
        await verifier.verify(forged, audience=AUDIENCE)
    assert refused.value.reason is Reason.UNKNOWN_KEY
    forged = other.signed(MINT.header(), other.claims(audience=AUDIENCE, iss=MINT.issuer))
    with pytest.raises(TokenRejected) as refused:
        await verifier.verify(forged, audience=AUDIENCE)
    assert refused.value.reason is Reason.SIGNATURE
