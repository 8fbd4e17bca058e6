"""A real Kafka under the supervisor: jars verified, messages outliving a kill."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from matricula_chassis.messaging.topics import TopicSpec, ensure_topics
from matricula_localstack.kafka import ensure_jars
from matricula_localstack.paths import cache_from
from matricula_localstack.ports import free_ports
from matricula_localstack.stack import Stack
from matricula_localstack.units import Plan, Unit, plan

pytestmark = pytest.mark.kafka
SPEC = TopicSpec("kept", 1, replication_factor=1)
COMMAND = (sys.executable, "-m", "matricula_localstack.kafka")


def broker_plan(stack: Stack, port: int, controller: int) -> Plan:
    options = (f"--home={stack.home.root}", f"--port={port}", f"--controller-port={controller}")
    return plan(
        [
            Unit(
                name="kafka",
                purpose="Apache Kafka",
                command=(*COMMAND, *options),
                ports=(port, controller),
                ready=f"kafka://127.0.0.1:{port}",
            )
        ]
    )


async def test_acknowledged_messages_outlive_a_killed_and_a_stopped_broker(stack: Stack) -> None:
    port, controller = free_ports(2)
    bootstrap = f"127.0.0.1:{port}"
    stack.start(broker_plan(stack, port, controller))
    stack.wait_ready(seconds=120)
    assert await ensure_topics(bootstrap, [SPEC]) == ["kept"]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("kept", b"before the kill")
    struck = stack.kill("kafka")
    stack.wait_restarted("kafka", than=struck, seconds=120)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait("kept", b"after the kill")
    stack.stop()
    stack.start(broker_plan(stack, port, controller))
    stack.wait_ready(seconds=120)
    assert await ensure_topics(bootstrap, [SPEC]) == []
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition("kept", 0)])
        values = [(await consumer.getone()).value for _ in range(2)]
    finally:
        await consumer.stop()
    assert values == [b"before the kill", b"after the kill"]


def test_an_altered_jar_keeps_the_broker_from_starting(stack: Stack, tmp_path: Path) -> None:
    good = ensure_jars(cache_from(os.environ))
    cache = tmp_path / good.name
    cache.mkdir()
    for jar in good.glob("*.jar"):
        (cache / jar.name).symlink_to(jar)
    victim = cache / "slf4j-api-1.7.36.jar"
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.unlink()
    victim.write_bytes(content)
    stack.home.create()
    port, controller = free_ports(2)
    done = subprocess.run(
        [
            *COMMAND,
            f"--home={stack.home.root}",
            f"--port={port}",
            f"--controller-port={controller}",
        ],
        env={**os.environ, "MATRICULA_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert "slf4j-api-1.7.36.jar" in done.stderr
    assert not (stack.home.root / "kafka").exists()
