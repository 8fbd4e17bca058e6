"""Makes the topics that the catalogue of topics asks for. It never changes an existing one.

Adding partitions would move keys and break their order, so a difference is an error for people.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

_TIMEOUT_MS: Final = 15_000
_SHOW_SECONDS: Final = 15
_SHOW_PAUSE: Final = 0.05
_NO_ERROR: Final = 0
_BROKER_DEFAULT: Final = -1


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be. `retention` None, `replication_factor` -1: the broker's default."""

    name: str
    partitions: int
    retention: timedelta | None = None
    cleanup_policy: str = "delete"
    replication_factor: int = _BROKER_DEFAULT
    configs: dict[str, str] = field(default_factory=dict)


class TopicMismatch(Exception):  # noqa: N818 - named as the fact it states
    """An existing topic has another number of partitions than it should have."""

    def __init__(self, *, topic: str, expected: int, found: int) -> None:
        super().__init__("a topic has another number of partitions than asked for")
        self.topic = topic
        self.expected = expected
        self.found = found


async def ensure_topics(bootstrap: str, specs: Sequence[TopicSpec]) -> list[str]:
    """Create the topics that are missing, wait until the broker shows all, return the new names.

    Raises TopicMismatch for an existing topic with another number of partitions, KafkaError when
    the broker refuses or does not answer, TimeoutError when a topic does not show.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_TIMEOUT_MS)
    try:
        await admin.start()
        present = set(await admin.list_topics())
        missing = [spec for spec in specs if spec.name not in present]
        created = await _create(admin, missing) if missing else []
        async with asyncio.timeout(_SHOW_SECONDS):
            await _check(admin, {spec.name: spec.partitions for spec in specs})
        return created
    finally:
        await admin.close()


async def _check(admin: AIOKafkaAdminClient, wanted: Mapping[str, int]) -> None:
    hidden = set(wanted)
    while hidden:
        for found in await admin.describe_topics(sorted(hidden)):
            name, count = found["topic"], len(found["partitions"])
            if count == 0:
                continue  # made a moment ago, by us or by another process
            if count != wanted[name]:
                raise TopicMismatch(topic=name, expected=wanted[name], found=count)
            hidden.discard(name)
        if hidden:
            await asyncio.sleep(_SHOW_PAUSE)


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[str]:
    response = await admin.create_topics([_new_topic(spec) for spec in specs])
    created = []
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code == _NO_ERROR:
            created.append(str(name))
        elif error is not TopicAlreadyExistsError:  # another process was quicker
            raise KafkaError("the broker refused to create a topic") from error()
    return created


def _new_topic(spec: TopicSpec) -> NewTopic:
    configs = {"cleanup.policy": spec.cleanup_policy, **spec.configs}
    if spec.retention is not None:
        configs["retention.ms"] = str(int(spec.retention.total_seconds() * 1000))
    return NewTopic(
        name=spec.name,
        num_partitions=spec.partitions,
        replication_factor=spec.replication_factor,
        # aiokafka lets -1 pass only beside an assignment; an empty one says nothing.
        replica_assignments={} if spec.replication_factor == _BROKER_DEFAULT else None,
        topic_configs=configs,
    )
