"""Rate limits by GCRA."""

from hypothesis import given
from hypothesis import strategies as st

from matricula_gateway.domain.rates import RateLimiter

KEY = ("client", "operation")


def test_a_quota_may_be_spent_at_once_and_not_more() -> None:
    limiter = RateLimiter()
    answers = [limiter.take(KEY, 5, now=100.0) for _ in range(7)]
    assert [one.remaining for one in answers] == [4, 3, 2, 1, 0, 0, 0]
    assert [one.retry_after for one in answers] == [None] * 5 + [12, 12]


def test_the_quota_comes_back_evenly() -> None:
    limiter = RateLimiter()
    for _ in range(5):
        limiter.take(KEY, 5, now=100.0)
    assert limiter.take(KEY, 5, now=111.9).retry_after == 1
    assert limiter.take(KEY, 5, now=112.1).retry_after is None
    assert limiter.take(KEY, 5, now=112.2).retry_after is not None


def test_keys_do_not_share_a_quota() -> None:
    limiter = RateLimiter()
    assert limiter.take(KEY, 1, now=0.0).retry_after is None
    assert limiter.take(("other", "operation"), 1, now=0.0).retry_after is None
    assert limiter.take(("client", "other"), 1, now=0.0).retry_after is None
    assert limiter.take(KEY, 1, now=0.0).retry_after == 60


@given(
    st.integers(1, 600),
    st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=200),
)
def test_no_pattern_gets_more_than_burst_and_rate(per_minute: int, gaps: list[float]) -> None:
    limiter, now, allowed = RateLimiter(), 1_000.0, 0
    for gap in gaps:
        now += gap
        allowed += limiter.take(KEY, per_minute, now=now).retry_after is None
    elapsed = sum(gaps[1:])
    assert allowed <= per_minute + per_minute * elapsed / 60 + 1


@given(st.integers(1, 600), st.integers(0, 700))
def test_a_client_told_to_wait_passes_after_waiting(per_minute: int, before: int) -> None:
    limiter = RateLimiter()
    answer = limiter.take(KEY, per_minute, now=0.0)
    for _ in range(before):
        answer = limiter.take(KEY, per_minute, now=0.0)
    if answer.retry_after is not None:
        assert limiter.take(KEY, per_minute, now=float(answer.retry_after)).retry_after is None


def test_quiet_keys_are_forgotten() -> None:
    limiter = RateLimiter(sweep_at=100)
    for number in range(1_000):
        limiter.take((str(number), "operation"), 60, now=float(number))
    assert len(limiter) <= 101
