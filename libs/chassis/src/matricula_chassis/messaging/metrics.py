"""Prometheus metrics of relay and consumers, on the default registry.

Labels come from closed sets only: topics, consumers, partitions, reason families. Never a key.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_OLDEST_AGE: Final = Gauge(
    "outbox_oldest_unpublished_age_seconds",
    "Age of the oldest outbox row that waits to be published; parked keys do not count.",
)
OUTBOX_BACKLOG: Final = Gauge("outbox_backlog", "Outbox rows that wait to be published.")
OUTBOX_PARKED_KEYS: Final = Gauge(
    "outbox_parked_keys", "Keys whose events are withheld until somebody decides."
)
OUTBOX_UNSEALED: Final = Counter(
    "outbox_unsealed", "Published rows that event-log did not have in time; published again."
)
RELAY_PUBLISH: Final = Counter(
    "relay_publish", "Events that the relay tried to publish, by result.", ("result",)
)
RELAY_BUCKETS: Final = Gauge("relay_bucket_owner", "Buckets whose lock this relay holds.")
RELAY_BATCH: Final = Histogram(
    "relay_batch_seconds",
    "Time from reading a batch of the outbox to marking it published.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
PRODUCER_REBUILDS: Final = Counter(
    "producer_rebuilds", "Times a producer in doubt about its sequence numbers was replaced."
)

LAG_RECORDS: Final = Gauge(
    "consumer_lag_records",
    "Records between the committed offset and the end.",
    ("consumer", "topic", "partition"),
)
LAG_SECONDS: Final = Gauge(
    "consumer_lag_seconds",
    "Age of the last processed record while more of them wait; 0 when none do.",
    ("consumer", "topic", "partition"),
)
LAST_PROGRESS: Final = Gauge(
    "consumer_last_progress_timestamp_seconds",
    "When offsets last advanced, or nothing was left to read.",
    ("consumer",),
)
EVENTS_APPLIED: Final = Counter(
    "consumer_events_applied", "Events whose effect was committed.", ("consumer",)
)
EVENTS_SKIPPED: Final = Counter(
    "consumer_events_skipped", "Records of types that the consumer does not handle.", ("consumer",)
)
INBOX_DUPLICATES: Final = Counter(
    "inbox_duplicates", "Redelivered events that the inbox absorbed.", ("consumer",)
)
DEAD_LETTERS: Final = Counter(
    "dead_letter", "Records that became dead letters, by family of reason.", ("consumer", "reason")
)
PARTITION_PAUSES: Final = Counter(
    "consumer_partition_pauses",
    "Times a partition was paused to wait for a passing fault.",
    ("consumer",),
)
CIRCUIT_OPEN: Final = Gauge(
    "consumer_circuit_open",
    "1 while a partition waits because too many of its records died.",
    ("consumer", "topic", "partition"),
)
REBALANCES: Final = Counter("consumer_rebalances", "Assignments received.", ("consumer",))
REBALANCE_SECONDS: Final = Histogram(
    "consumer_rebalance_seconds",
    "Time from revocation to assignment.",
    ("consumer",),
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SEQUENCE_GAPS: Final = Counter(
    "sequence_gaps", "Events that arrived before an earlier one of their aggregate.", ("consumer",)
)
