"""The real processes as an operator runs them: consume, seal, kill -9, export, verify."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from event_log.adapters.events.handlers import TOPICS
from matricula_chassis.messaging import CRASH_POINTS, EventPublisher, TopicSpec, ensure_topics
from matricula_contracts.topics import TOPICS as TOPIC_ENTRIES
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.stack]
COMMAND = (sys.executable, "-m", "event_log")
WORST_POINTS = ("sealer.before_batch_commit", "sealer.after_high_water")
ALL_POINTS = sorted(name for name in CRASH_POINTS if name.startswith(("sealer.", "uow.")))


class Operator:
    """Runs commands of the service against one log."""

    def __init__(self, log: Any, kafka: str = "127.0.0.1:1") -> None:
        self.log = log
        folder: Path = log.folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "EVENT_LOG_DATABASE_URL": log.urls.app,
            "EVENT_LOG_DATABASE_RELAY_URL": log.urls.relay,
            "EVENT_LOG_ORIGIN": "example.test/log",
            "EVENT_LOG_SIGNING_KEY_PATH": str(folder / "keys" / "log.key"),
            "EVENT_LOG_VERIFIER_KEY_PATH": str(folder / "keys" / "log.vkey"),
            "EVENT_LOG_HIGH_WATER_PATH": str(folder / "high-water"),
            "EVENT_LOG_CREATE_SIGNING_KEY": "true",
            "EVENT_LOG_EXPORTS_PATH": str(folder / "exports"),
            "EVENT_LOG_SEAL_BATCH": "100",
            "EVENT_LOG_CONSUMER_GROUP": f"event-log-{log.urls.name.replace('_', '-')}",
            "KAFKA_BOOTSTRAP": kafka,
            "OIDC_ISSUER": "http://127.0.0.1:1",
            "GATEWAY_JWKS_URL": "http://127.0.0.1:1/jwks",
        }

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [*COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @asynccontextmanager
    async def running(
        self, command: str, **environment: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            command,
            env={**self.environment, **environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                async with asyncio.timeout(60):
                    await process.wait()

    async def sealed(self, count: int) -> None:
        async with asyncio.timeout(120):
            while max(await self.log.signed(), default=0) < count:  # noqa: ASYNC110 - in a database
                await asyncio.sleep(0.05)


async def verified(operator: Operator, folder: Path) -> dict[str, Any]:
    exported = await operator.run("export", "--out", str(folder))
    assert exported.returncode == 0, exported.stdout + exported.stderr
    key = (operator.log.folder / "keys" / "log.vkey").read_text().strip()
    checked = await operator.run("verify", str(folder), "--key", key)
    result: dict[str, Any] = json.loads(checked.stdout)
    assert checked.returncode == (0 if result["ok"] else 1)
    return result


@pytest.mark.parametrize(
    "points", [WORST_POINTS, pytest.param(ALL_POINTS, marks=pytest.mark.chaos)]
)
async def test_a_sealer_killed_at_its_worst_moments_comes_back_to_the_same_log(
    log: Any, points: Sequence[str]
) -> None:
    events = log.make.events(3000)
    await log.put_down(events)
    operator = Operator(log)
    seen: dict[int, str] = {}
    for point in points:
        async with operator.running("seal", MATRICULA_CRASH_POINT=f"{point}:2") as process:
            async with asyncio.timeout(120):
                assert await process.wait() == 137, point
        signed = await log.signed()
        assert seen.items() <= signed.items()
        seen = signed
    async with operator.running("seal") as process:
        await operator.sealed(3000)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert seen.items() <= (await log.signed()).items()
    assert await log.sealed_ids() == [event.id for event in events]
    result = await verified(operator, log.folder / "out")
    assert (result["ok"], result["size"]) == (True, 3000)


async def test_a_second_sealer_stands_by_and_takes_over_from_a_dead_one(log: Any) -> None:
    operator = Operator(log)
    await log.put_down(log.make.events(10))
    async with operator.running("seal") as first:
        await operator.sealed(10)
        async with operator.running("seal"):
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await log.put_down(log.make.events(10))
            await operator.sealed(20)
    assert (await verified(operator, log.folder / "out"))["ok"] is True


async def test_the_signing_key_is_made_once_and_must_stay_private(log: Any) -> None:
    operator = Operator(log)
    assert (await operator.run("create-key")).returncode == 0
    key = log.folder / "keys" / "log.key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_text()
    assert (await operator.run("create-key")).returncode == 1
    assert key.read_text() == before
    key.chmod(0o644)
    refused = await operator.run("seal")
    assert refused.returncode == 2
    assert "readable-by-others" in refused.stderr
    assert before.strip() not in refused.stdout + refused.stderr


async def test_export_refuses_a_folder_in_use_and_a_size_that_was_never_signed(log: Any) -> None:
    await log.put_down(log.make.events(3))
    operator = Operator(log)
    async with operator.running("seal"):
        await operator.sealed(3)
    busy = log.folder / "busy"
    busy.mkdir()
    (busy / "file").touch()
    assert (await operator.run("export", "--out", str(busy))).returncode == 1
    assert (
        await operator.run("export", "--out", str(log.folder / "x"), "--size", "2")
    ).returncode == 1


async def test_completeness_lists_what_never_arrived(log: Any) -> None:
    await log.put_down([log.make.event(subject="a", sequence=3)])
    await log.seal()
    told = await Operator(log).run("completeness")
    assert told.returncode == 1
    assert '"first": 1' in told.stdout
    assert '"last": 2' in told.stdout


@pytest.mark.kafka
async def test_what_is_published_is_consumed_sealed_and_proved(
    log: Any, kafka_server: KafkaServer
) -> None:
    await ensure_topics(
        kafka_server.bootstrap,
        [TopicSpec(name, TOPIC_ENTRIES[name].partitions) for name in TOPICS],
    )
    events = [
        replace(log.make.event(), topic=TOPICS[number % len(TOPICS)]) for number in range(500)
    ]
    operator = Operator(log, kafka_server.bootstrap)
    async with operator.running("consume"), operator.running("seal"):
        await publish(kafka_server.bootstrap, events)
        await has_sealed(log, events)
        extra = log.make.event()
        await publish(kafka_server.bootstrap, [*events[:50], extra])
        await has_sealed(log, [extra])
    ids = await log.sealed_ids()
    assert len(ids) == len(set(ids)), "an event is sealed once"
    result = await verified(operator, log.folder / "out")
    assert (result["ok"], result["size"]) == (True, len(ids))


async def has_sealed(log: Any, events: Sequence[Any]) -> None:
    """Wait until the log holds these; the topics may hold events of other tests too."""
    wanted = {event.id for event in events}
    async with asyncio.timeout(120):
        while not wanted <= set(await log.sealed_ids()):  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.1)


async def publish(bootstrap: str, events: Sequence[Any]) -> None:
    async with EventPublisher(bootstrap, client_id="test") as publisher:
        await publisher.publish(events)
