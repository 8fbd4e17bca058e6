"""What the gateway counts, as plain numbers, and how Prometheus reads them.

Labels come from closed sets: operations of the policy, reasons of code, statuses. Counting costs a
dictionary look-up; rendering happens when somebody asks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNKNOWN: Final = "unknown"


class Counts:
    """Counters of the data path."""

    __slots__ = ("buckets", "decisions", "seconds", "unrecorded")

    def __init__(self) -> None:
        self.decisions: Counter[tuple[str, str, int]] = Counter()
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.unrecorded: Counter[str] = Counter()

    def decided(self, operation: str, reason: str, status: int, *, seconds: float) -> None:
        """Count one decision; `seconds` until the head of the answer, `status` 0 for none."""
        self.decisions[operation, reason, status] += 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


Gauges = Callable[[], Mapping[str, float]]


class GatewayCollector(Collector):
    """Renders the counts and the gauges that the other parts hand out."""

    def __init__(
        self,
        counts: Counts,
        *,
        refused: Mapping[str, int],
        gauges: Gauges,
        upstream_failures: Callable[[], Mapping[tuple[str, str], int]],
    ) -> None:
        self._counts = counts
        self._refused = refused
        self._gauges = gauges
        self._upstream_failures = upstream_failures

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        counts = self._counts
        decisions = CounterMetricFamily(
            "matricula_gateway_decisions",
            "Decisions by operation, reason and status of the answer (0: none was sent).",
            labels=("operation", "reason", "status"),
        )
        for (operation, reason, status), number in counts.decisions.items():
            decisions.add_metric((operation, reason, str(status)), number)
        yield decisions
        yield self._durations()
        yield _by_reason(
            "matricula_gateway_unrecorded",
            "Refusals of unknown callers beyond the rate at which they are recorded.",
            counts.unrecorded,
        )
        yield _by_reason(
            "matricula_gateway_refused_connections",
            "Requests and connections ended before they could be decided on.",
            self._refused,
        )
        failures = CounterMetricFamily(
            "matricula_gateway_upstream_failures",
            "Exchanges with a service that failed.",
            labels=("service", "reason"),
        )
        for labels, number in self._upstream_failures().items():
            failures.add_metric(labels, number)
        yield failures
        for name, value in self._gauges().items():
            yield GaugeMetricFamily(f"matricula_gateway_{name}", _GAUGE_HELP[name], value=value)

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "matricula_gateway_answer_seconds", "Time until the head of the answer."
        )
        total = 0
        cumulative: list[tuple[str, float]] = []
        for bound, number in zip((*BOUNDS, float("inf")), self._counts.buckets, strict=True):
            total += number
            cumulative.append(("+Inf" if bound == float("inf") else str(bound), total))
        family.add_metric((), cumulative, sum_value=self._counts.seconds)
        return family


def _by_reason(name: str, text: str, numbers: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=("reason",))
    for reason, number in numbers.items():
        family.add_metric((reason,), number)
    return family


_GAUGE_HELP: Final[Mapping[str, str]] = {
    "connections": "Open client connections.",
    "in_flight": "Requests being answered.",
    "sessions": "Access tokens known.",
    "spool_bytes": "Bytes of decisions on disk, published ones included until they are removed.",
    "spool_unpublished": "Decisions that have not been published yet.",
    "spool_open": "1 while decisions can be recorded; 0: every request is refused.",
}
