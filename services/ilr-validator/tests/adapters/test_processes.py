"""Findings do not depend on how many processes check a file, nor on one of them being killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from matricula_chassis.messaging.topics import ensure_topics
from matricula_localstack.ports import free_ports
from matricula_localstack.topics import topic_specs
from matricula_testkit.messaging import until
from matricula_testkit.servers import KafkaServer

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.xdist_group("kafka-validator")]
LEARNERS = 2_000
PART = 50
PAUSE = 0.1
"""Seconds between two looks: the processors are for the processes."""


class Processes:
    """Starts and ends processes of the service, and waits until each is ready."""

    def __init__(self, bench: Any, kafka: KafkaServer) -> None:
        settings = bench.made.settings
        self.folder: Path = settings.storage_directory.parent
        self.environment = {
            **os.environ,
            "ILR_VALIDATOR_DATABASE_URL": bench.urls.app,
            "ILR_VALIDATOR_DATABASE_RELAY_URL": bench.urls.relay,
            "ILR_VALIDATOR_KEY_FILE": str(settings.key_file),
            "ILR_VALIDATOR_INDEX_KEY": settings.index_key.get_secret_value(),
            "ILR_VALIDATOR_STORAGE_DIRECTORY": str(settings.storage_directory),
            "ILR_VALIDATOR_SCRATCH_DIRECTORY": str(settings.scratch_directory),
            "ILR_VALIDATOR_PART_LEARNERS": str(PART),
            "ILR_VALIDATOR_LINGER_SECONDS": "0",
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "OIDC_ISSUER": "http://127.0.0.1:9",
            "GATEWAY_JWKS_URL": "http://127.0.0.1:9/jwks",
        }
        self.numbers = iter(range(100))
        self.started: list[asyncio.subprocess.Process] = []

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def end_all(self) -> None:
        """Tell all of them to end: one after the other would make the rest share anew each time."""
        for process in self.started:
            if process.returncode is None:
                process.terminate()

    @asynccontextmanager
    async def running(self, command: str) -> AsyncIterator[asyncio.subprocess.Process]:
        (port,) = free_ports(1)
        path = self.folder / f"{command}-{next(self.numbers)}.log"
        with path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ilr_validator", command,
                env={**self.environment, "ILR_VALIDATOR_HEALTH_PORT": str(port)},
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            self.started.append(process)
            await _ready(port)
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()


async def _ready(port: int) -> None:
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 - plain, on loopback

        async def is_ready() -> bool:
            await asyncio.sleep(PAUSE)
            try:
                return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
            except httpx.HTTPError:
                return False

        await until(is_ready)


async def test_one_two_and_four_processes_find_the_same_though_one_is_killed(
    bench: Any, make_sample: Any, kafka_server: KafkaServer
) -> None:
    await ensure_topics(kafka_server.bootstrap, topic_specs())
    path = make_sample(LEARNERS)
    processes = Processes(bench, kafka_server)
    results = []
    async with AsyncExitStack() as running:
        await asyncio.gather(
            *(running.enter_async_context(processes.running(one)) for one in ("relay", "work"))
        )
        results.append(await outcome(bench, path, "01"))
        await running.enter_async_context(processes.running("work"))
        results.append(await outcome(bench, path, "02"))
        victim, _ = await asyncio.gather(
            *(running.enter_async_context(processes.running("work")) for _ in range(2))
        )
        sent = await send(bench, path, "03")
        await until(lambda: has_begun(bench, sent))
        victim.send_signal(signal.SIGKILL)
        assert (await bench.validation(sent))["state"] == "checking"
        await running.enter_async_context(processes.running("work"))
        results.append(await ended(bench, sent))
        processes.end_all()
    one, two, four = results
    assert one["findings"]
    assert two == one
    assert four == one
    assert_nothing_personal(processes, bench, one)
    for event in await bench.events():
        assert str(one["findings"][0]["learn_ref_number"]).encode() not in event.value()


async def send(bench: Any, path: Path, serial: str) -> str:
    name = path.name.replace("-01.xml", f"-{serial}.xml")
    answer = await bench.send(path, name=name)
    assert answer.status_code == 202
    return str(answer.json()["validation_id"])


async def outcome(bench: Any, path: Path, serial: str) -> dict[str, Any]:
    return await ended(bench, await send(bench, path, serial))


async def has_begun(bench: Any, validation_id: str) -> bool:
    return bool((await bench.validation(validation_id))["checked"])


async def ended(bench: Any, validation_id: str) -> dict[str, Any]:
    """Return what came out; the events say that it came out once."""

    async def is_ended() -> bool:
        await asyncio.sleep(PAUSE)
        return (await bench.validation(validation_id))["ended_at"] is not None

    await until(is_ended, patience=120)
    done = await bench.validation(validation_id)
    assert (done["state"], done["checked"]) == ("finished", LEARNERS)
    mine = [one for one in await bench.events() if one.subject == validation_id]
    assert [one.type.split(".")[2] for one in mine] == [
        "received",
        "started",
        "checked",
        "finished",
    ]
    assert [one.sequence for one in mine] == [1, 2, 3, 4]
    report = await bench.get(f"/v1/validations/{validation_id}/reports/errors.json")
    return {
        "findings": await bench.findings(validation_id, limit=500),
        "counts": (done["errors"], done["warnings"], done["not_run"]),
        "report": report.content,
    }


def assert_nothing_personal(processes: Processes, bench: Any, result: dict[str, Any]) -> None:
    """Look for learners' references and dates of birth wherever a process writes in clear."""
    needles = {one["learn_ref_number"] for one in result["findings"] if one["learn_ref_number"]}
    needles |= {"2022-01-02", "02/01/2022"}
    files = b"".join(one.read_bytes() for one in bench.storage.rglob("*") if one.is_file())
    for needle in needles:
        assert needle not in processes.logs
        assert needle.encode() not in files
