"""Makes the topics of `contracts/topics.yaml` on the local broker; safe to repeat.

Run as a task of the stack (`python -m matricula_localstack.topics`). Never changes a topic.
"""

import asyncio
import os
from datetime import timedelta

from matricula_chassis.messaging.topics import TopicSpec, ensure_topics
from matricula_contracts.topics import TOPICS


def topic_specs() -> list[TopicSpec]:
    """Return the topics of the catalogue as the broker needs them."""
    return [
        TopicSpec(
            topic.name,
            topic.partitions,
            retention=timedelta(milliseconds=topic.retention_ms),
            cleanup_policy=topic.cleanup,
            replication_factor=1,
        )
        for topic in TOPICS.values()
    ]


def main() -> None:
    """Make the topics on the broker that KAFKA_BOOTSTRAP names."""
    asyncio.run(ensure_topics(os.environ["KAFKA_BOOTSTRAP"], topic_specs()))


if __name__ == "__main__":
    main()
