"""Real processes: they start, answer, drain and end with the right exit code."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

SCRIPT = Path(__file__).with_name("probe_service.py")
CANARY = "Testperson-Canary"
ENVIRONMENT = {
    "PROBE_PORT": "0",
    "PROBE_DATABASE_URL": "postgresql+asyncpg://probe@127.0.0.1:1/x",
    "PROBE_LINGER_SECONDS": "0.3",
    "PROBE_DRAIN_SECONDS": "5",
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "OIDC_ISSUER": "http://127.0.0.1:2",
    "GATEWAY_JWKS_URL": "http://127.0.0.1:3/keys",
}


class Running:
    """A process whose log can be waited on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self.text = ""

    async def until(self, event: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while True:
                raw = (await self.process.stdout.readline()).decode()
                assert raw, f"the process ended before {event}: {self.text}"
                self.text += raw
                line: dict[str, Any] = json.loads(raw)
                self.lines.append(line)
                if line["event"] == event:
                    return line

    async def end(self) -> int:
        async with asyncio.timeout(60):
            out, err = await self.process.communicate()
        self.text += out.decode() + err.decode()
        return self.process.returncode or 0

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.text.splitlines()]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)


def client_at(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, timeout=60)


@asynccontextmanager
async def running(command: str, **changes: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **changes},
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_request_in_flight_is_answered_while_readiness_is_off() -> None:
    async with running("serve", PROBE_LINGER_SECONDS="2", PROBE_DRAIN_SECONDS="30") as probe:
        port = (await probe.until("http.listening"))["port"]
        async with client_at(f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/readyz")).status_code == 200
            slow = asyncio.create_task(client.get("/slow/3"))
            await probe.until("slow.begun")
            watching = asyncio.create_task(client.get("/progress"))
            await probe.until("progress.watched")
            probe.stop()
            await probe.until("process.signal_received")
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["state"]) == (503, "draining")
            answer = await slow
            assert (answer.status_code, answer.json()) == (200, 3.0)
            assert "event: progress" in (await watching).text
        assert await probe.end() == 0
    events = probe.events()
    assert events.index("slow.ended") < events.index("process.drained")
    assert events.index("process.drained") < events.index("pool.closed")
    assert events[-1] == "process.ended"


async def test_a_request_that_never_ends_does_not_hold_up_the_end() -> None:
    async with running("serve", PROBE_DRAIN_SECONDS="1.5", PROBE_LINGER_SECONDS="0") as probe:
        port = (await probe.until("http.listening"))["port"]
        async with client_at(f"http://127.0.0.1:{port}") as client:
            endless = asyncio.create_task(client.get("/slow/60"))
            await probe.until("slow.begun")
            probe.stop()
            assert await probe.end() == 0
            assert "slow.ended" not in probe.events()
            answer = await endless
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert "pool.closed" in probe.events()


async def test_what_goes_wrong_in_a_process_is_logged_without_values() -> None:
    async with running("serve") as probe:
        port = (await probe.until("http.listening"))["port"]
        async with client_at(f"http://127.0.0.1:{port}") as client:
            answer = await client.get("/fail", headers={"X-Note": CANARY})
        assert (answer.status_code, CANARY in answer.text) == (500, False)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{CANARY} / HTTP/9.9\r\n{CANARY}\r\n\r\n".encode())
        assert b"400" in await reader.readline()
        writer.close()
        probe.stop()
        assert await probe.end() == 0
    assert CANARY not in probe.text
    assert "http.unexpected_error" in probe.events()
    assert "process.loop_failure" in probe.events()


async def test_a_port_in_use_is_named_and_ends_with_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with running("serve", PROBE_PORT=str(port)) as blocked:
            assert await blocked.end() == 1
    assert f'"port":{port}' in blocked.text


async def test_a_worker_finishes_its_batch_and_serves_its_probes() -> None:
    async with running("consume", PROBE_HEALTH_PORT="0") as probe:
        listening = await probe.until("http.listening")
        assert listening["listener"] == "probes"
        address = f"http://127.0.0.1:{listening['port']}"
        async with client_at(address) as client:
            for path in ("/livez", "/readyz", "/startupz", "/metrics"):
                assert (await client.get(path)).status_code == 200, path
        probe.stop()
        assert await probe.end() == 0
    events = probe.events()
    assert events.index("batch.finished") < events.index("pool.closed")


async def test_a_worker_without_progress_ends_with_1() -> None:
    async with running(
        "consume", PROBE_HANGS="true", PROBE_STALL_SECONDS="0.2", PROBE_DRAIN_SECONDS="0.2"
    ) as probe:
        assert await probe.end() == 1
    assert "worker.stalled" in probe.events()
