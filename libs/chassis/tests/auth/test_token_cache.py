"""The cache of verified tokens saves signatures and never outlives a token."""

from datetime import UTC, datetime, timedelta

import pytest

from matricula_chassis.auth import Reason, TokenCache, TokenRejected, TokenVerifier
from matricula_chassis.auth.tokens import VerifyingKey
from matricula_chassis.clock import FixedClock
from matricula_testkit.tokens import TokenMint

AUDIENCE = "learner-api"
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


class Setting:
    def __init__(self, *, size: int = 3, life: timedelta = timedelta(seconds=30)) -> None:
        self.clock = FixedClock(START)
        self.mint = TokenMint(self.clock)
        self.cache = TokenCache(size=size, life=life)
        self.verifier = TokenVerifier([self.mint.trusted()], clock=self.clock, cache=self.cache)
        self.checked = 0

    def count_signatures(self, monkeypatch: pytest.MonkeyPatch) -> None:
        holds = VerifyingKey.holds

        def counted(key: VerifyingKey, token: str) -> bool:
            self.checked += 1
            return holds(key, token)

        monkeypatch.setattr(VerifyingKey, "holds", counted)

    async def verify(self, token: str, audience: str = AUDIENCE) -> None:
        await self.verifier.verify(token, audience=audience)


async def test_a_token_seen_before_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting()
    setting.count_signatures(monkeypatch)
    token = setting.mint.token(audience=AUDIENCE)
    for _ in range(5):
        await setting.verify(token)
    assert setting.checked == 1


async def test_an_entry_lives_no_longer_than_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting()
    setting.count_signatures(monkeypatch)
    token = setting.mint.token(audience=AUDIENCE)
    await setting.verify(token)
    setting.clock.advance(timedelta(seconds=29))
    await setting.verify(token)
    assert setting.checked == 1
    setting.clock.advance(timedelta(seconds=1))
    await setting.verify(token)
    assert setting.checked == 2


async def test_an_entry_never_outlives_its_token() -> None:
    setting = Setting()
    token = setting.mint.token(audience=AUDIENCE, exp=setting.mint.now() + 10)
    await setting.verify(token)
    setting.clock.advance(timedelta(seconds=10))
    with pytest.raises(TokenRejected) as refused:
        await setting.verify(token)
    assert refused.value.reason is Reason.EXPIRED


async def test_a_cached_token_is_good_for_its_audience_only() -> None:
    setting = Setting()
    token = setting.mint.token(audience=AUDIENCE)
    await setting.verify(token)
    with pytest.raises(TokenRejected) as refused:
        await setting.verify(token, audience="event-log")
    assert refused.value.reason is Reason.AUDIENCE


async def test_a_refused_token_is_not_kept() -> None:
    setting = Setting()
    with pytest.raises(TokenRejected):
        await setting.verify(setting.mint.token(audience="event-log"))
    assert len(setting.cache) == 0


async def test_the_entry_used_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(size=3)
    setting.count_signatures(monkeypatch)
    tokens = [setting.mint.token(audience=AUDIENCE) for _ in range(4)]
    for token in (*tokens[:3], tokens[0], tokens[3]):
        await setting.verify(token)
    assert len(setting.cache) == 3
    assert setting.checked == 4
    await setting.verify(tokens[0])
    assert setting.checked == 4
    await setting.verify(tokens[1])
    assert setting.checked == 5


async def test_after_clearing_everything_is_verified_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = Setting()
    setting.count_signatures(monkeypatch)
    token = setting.mint.token(audience=AUDIENCE)
    await setting.verify(token)
    setting.cache.clear()
    await setting.verify(token)
    assert setting.checked == 2


def test_a_cache_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        TokenCache(size=0)
