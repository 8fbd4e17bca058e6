"""The delays before a restart."""

import random

from matricula_localstack.backoff import Backoff


class Unjittered(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(first=1, longest=5, stable=60, source=Unjittered())
    assert [backoff.after_run(0.1) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_a_stable_run_forgets_earlier_failures() -> None:
    backoff = Backoff(first=1, longest=100, stable=60, source=Unjittered())
    assert [backoff.after_run(s) for s in (1, 1, 1, 61, 1)] == [1, 2, 4, 1, 2]


def test_jitter_keeps_many_units_from_restarting_together() -> None:
    delays = {Backoff(first=1).after_run(0) for _ in range(50)}
    assert len(delays) > 40
    assert all(0.75 <= delay <= 1.25 for delay in delays)


def test_a_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(longest=15)
    assert max(backoff.after_run(0) for _ in range(2000)) <= 15 * 1.25
